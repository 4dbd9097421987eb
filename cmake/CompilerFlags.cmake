# Compiler flags of all targets of this project.
add_library(residual_knn_flags INTERFACE)
target_compile_options(residual_knn_flags INTERFACE
  $<$<BOOL:${RESIDUAL_KNN_WARNINGS}>:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wconversion;-Wno-sign-conversion>
  # Sums are computed in the order of the code, and fused multiply-adds only if the code calls for them. The answer must
  # not depend on the optimizer, even if an enclosing project sets other flags.
  $<$<NOT:$<BOOL:${PROJECT_IS_TOP_LEVEL}>>:-fno-fast-math>
  -ffp-contract=off
  $<$<BOOL:${RESIDUAL_KNN_WARNINGS_AS_ERRORS}>:-Werror>)
if(RESIDUAL_KNN_SANITIZE)
  target_compile_options(residual_knn_flags INTERFACE -fsanitize=${RESIDUAL_KNN_SANITIZE} -fno-omit-frame-pointer
                                                      -fno-sanitize-recover=all)
  target_link_options(residual_knn_flags INTERFACE -fsanitize=${RESIDUAL_KNN_SANITIZE})
endif()
