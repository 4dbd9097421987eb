/*
 * The SWIG interface for header_tree.py: `swig -xml` converts it to a parse tree. It needs no typemaps, because the
 * Julia and Python packages call the library directly and compile nothing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
%module residual_knn
%include "../../include/residual_knn.h"
