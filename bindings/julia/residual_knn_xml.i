/*
 * The C interface as SWIG sees it, for generate.py: `swig -xml` turns it into a parse tree. No typemaps
 * are needed, for the Julia package calls the library by ccall and compiles nothing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
%module residual_knn
%include "../../include/residual_knn.h"
