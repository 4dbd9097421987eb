/*
 * The SWIG interface for generate.py: `swig -xml` converts it to a parse tree. It needs no typemaps, because the
 * Julia package calls the library by ccall and compiles nothing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
%module residual_knn
%include "../../include/residual_knn.h"
