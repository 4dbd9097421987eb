# The version of the project, which is written in the header.
#
# SPDX-License-Identifier: Apache-2.0

# project_version: prints the version of include/residual_knn.h. Called in the folder of the project.
project_version() {
  awk '/^#define RESIDUAL_KNN_VERSION_(MAJOR|MINOR|PATCH) / { version = version (version ? "." : "") $3 }
       END { print version }' include/residual_knn.h
}
