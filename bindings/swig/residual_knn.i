/*
 * The SWIG interface of include/residual_knn.h for R. It converts R's vectors, matrices and lists to the arguments of the
 * header. (The interface for Julia is bindings/julia/residual_knn_xml.i.) The typemaps match by type and parameter name.
 * They allocate only memory of R, so that no memory leaks if R leaves a function by a long jump. A long jump never crosses
 * the library: a jump out of a callback is delayed until the library has returned, see library_call.
 *
 * scripts/generate-bindings runs SWIG. Its output is committed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
%module residualknn

%include <stdint.i>

%begin %{
#define R_NO_REMAP
#define STRICT_R_HEADERS
#include <Rinternals.h>
#include <Rdefines.h>
/* SWIG uses this macro, which newer versions of R lack. */
#undef SET_S4_OBJECT
#define SET_S4_OBJECT(x) ((x) = Rf_asS4((x), TRUE, 0))
%}

%insert("sinitroutine") %{
  R_useDynamicSymbols(dll, FALSE);
%}

%{
#include <limits.h>
#include <setjmp.h>
#include <string.h>

#include <residual_knn.h>

/* ---------------------------------------------------------------- matrices, vectors and lists of R */

/* The values of a matrix in R's memory, which is the dimension-major layout of the library. */
static const double* matrix_values(SEXP matrix, const char* name) {
  if (!Rf_isReal(matrix) || !Rf_isMatrix(matrix)) Rf_error("%s must be a matrix of doubles", name);
  return XLENGTH(matrix) == 0 ? NULL : REAL(matrix);
}

static const double* vector_values(SEXP vector, const char* name) {
  if (!Rf_isReal(vector)) Rf_error("%s must be a vector of doubles", name);
  return REAL(vector);
}

static const char* text_value(SEXP text, const char* name) {
  if (!Rf_isString(text) || XLENGTH(text) != 1) Rf_error("%s must be a single text", name);
  return CHAR(STRING_ELT(text, 0));
}

static int64_t to_int64(SEXP number, const char* name) {
  const double value = Rf_asReal(number);
  if (!(value >= -9007199254740992.0 && value <= 9007199254740992.0)) {
    Rf_error("%s must be a whole number", name);
  }
  return (int64_t)value;
}

static int32_t to_int32(SEXP number, const char* name) {
  if (!Rf_isInteger(number) || XLENGTH(number) != 1) Rf_error("%s must be a single integer", name);
  return INTEGER(number)[0];
}

static SEXP list_element(SEXP list, const char* name) {
  const SEXP names = Rf_getAttrib(list, R_NamesSymbol);
  for (R_xlen_t i = 0; i < Rf_xlength(names); ++i) {
    if (strcmp(CHAR(STRING_ELT(names, i)), name) == 0) return VECTOR_ELT(list, i);
  }
  return R_NilValue;
}

static void require_list(SEXP list, const char* name) {
  if (TYPEOF(list) != VECSXP || (XLENGTH(list) > 0 && Rf_isNull(Rf_getAttrib(list, R_NamesSymbol)))) {
    Rf_error("%s must be a list with names", name);
  }
}

/* Sets a field of `options` from the element of `list` with its name, if there is one. */
#define SET_FIELD(field, convert)                           \
  do {                                                      \
    const SEXP value = list_element(list, #field);          \
    if (!Rf_isNull(value)) options->field = convert(value); \
  } while (0)

/* A list with the names of the fields, for a report of the library. */
typedef struct {
  SEXP values;
  SEXP names;
  int length;
} report;

static report new_report(int length) {
  report result;
  result.values = PROTECT(Rf_allocVector(VECSXP, length));
  result.names = PROTECT(Rf_allocVector(STRSXP, length));
  result.length = 0;
  Rf_setAttrib(result.values, R_NamesSymbol, result.names);
  UNPROTECT(1); /* names, which values now holds */
  return result;
}

static void report_value(report* to, const char* name, SEXP value) {
  SET_VECTOR_ELT(to->values, to->length, value);
  SET_STRING_ELT(to->names, to->length, Rf_mkChar(name));
  ++to->length;
}

#define REPORT_INTEGER(field) report_value(&result, #field, Rf_ScalarInteger(from->field))
/* Counts are doubles in R, which has no 64-bit integers. */
#define REPORT_NUMBER(field) report_value(&result, #field, Rf_ScalarReal((double)from->field))

/* ---------------------------------------------------------------- handles */

static SEXP handle_tag(void) { return Rf_install("residual_knn_index"); }

static int is_handle(SEXP handle) {
  return TYPEOF(handle) == EXTPTRSXP && R_ExternalPtrTag(handle) == handle_tag();
}

/* The target of a handle. The library writes the index here, so that the index has an owner from the start. */
typedef struct {
  residual_knn_index* index;
  double bytes; /* at its creation */
  int users;    /* number of active searches, or BEING_UPDATED */
} holding;

enum { BEING_UPDATED = -1 };

/* NULL for a handle that was saved and read again. */
static holding* handle_holding(SEXP handle) { return (holding*)R_ExternalPtrAddr(handle); }

/* ---------------------------------------------------------------- callbacks */

/* A call of the library during which R code may run. If that code jumps (an error with a handler, an interrupt, a time
 * limit, a restart), the callback catches the jump and cancels the call. After the library has returned, the jump continues
 * to its target. Handlers of R users therefore see conditions when they are signalled, and the frames of the library are
 * never skipped. */
typedef struct library_call {
  SEXP token; /* of R_UnwindProtect: the target of the jump */
  int jumped;
  holding* used; /* by this call; NULL if it creates an object */
  int users;     /* number added to its users */
  struct library_call* outer; /* the call whose callback made this call, or NULL */
} library_call;

static library_call* innermost_call = NULL;

/* `users`: 1 for a search, BEING_UPDATED for an update, which is exclusive. Leaves one object protected. */
static void begin_call(library_call* call, holding* used, int users) {
  if (used != NULL && (used->users < 0 || (users < 0 && used->users > 0))) Rf_error("the index is in use");
  call->token = PROTECT(R_MakeUnwindCont());
  call->jumped = 0;
  call->used = used;
  call->users = users;
  if (used != NULL) used->users += users;
  call->outer = innermost_call;
  innermost_call = call;
}

static void end_call(library_call* call) {
  innermost_call = call->outer;
  if (call->used != NULL) call->used->users -= call->users;
  if (call->jumped) R_ContinueUnwind(call->token);
}

static void leave_if_jumping(void* place, Rboolean jump) {
  if (jump) longjmp(*(jmp_buf*)place, 1);
}

/* Runs `body`, which may jump. Returns whether it reached its end. */
static int run_in_r(SEXP (*body)(void*), void* data) {
  library_call* const call = innermost_call;
  jmp_buf place;
  if (call->jumped) return 0;
  if (setjmp(place) == 0) {
    R_UnwindProtect(body, data, leave_if_jumping, &place, call->token);
  } else {
    call->jumped = 1;
  }
  return !call->jumped;
}

enum { MOST_ARGUMENTS = 4 };

/* A call of an R function of the user. */
typedef struct {
  const char* name; /* of the function, for messages and tracebacks */
  SEXP function;
  int count; /* of arguments */
  const char* names[MOST_ARGUMENTS];
  SEXP values[MOST_ARGUMENTS];
} named_call;

/* The result of a call as name(names...). The values are variables of an environment of this call: if they were in the call
 * itself, messages of errors and tracebacks would consist of them. */
static SEXP result_of(const named_call* call) {
  /* new.env(parent = baseenv()), because R 4.0 has no R_NewEnv. */
  const SEXP creation = PROTECT(Rf_lang2(Rf_install("new.env"), R_BaseEnv));
  SET_TAG(CDR(creation), Rf_install("parent"));
  const SEXP frame = PROTECT(Rf_eval(creation, R_BaseEnv));
  const SEXP function = Rf_install(call->name);
  Rf_defineVar(function, call->function, frame);
  const SEXP arguments = PROTECT(Rf_allocList(call->count));
  SEXP argument = arguments;
  for (int i = 0; i < call->count; ++i, argument = CDR(argument)) {
    const SEXP name = Rf_install(call->names[i]);
    Rf_defineVar(name, call->values[i], frame);
    SETCAR(argument, name);
  }
  const SEXP expression = PROTECT(Rf_lcons(function, arguments));
  const SEXP result = Rf_eval(expression, frame);
  UNPROTECT(4);
  return result;
}

typedef struct {
  SEXP function; /* an R function, or R_NilValue: check for interrupts only */
  int64_t done;
  int64_t total;
  int go_on;
} progress_call;

static SEXP run_progress(void* user) {
  progress_call* const call = (progress_call*)user;
  R_CheckUserInterrupt(); /* checks time limits too */
  if (!Rf_isNull(call->function)) {
    const SEXP done = PROTECT(Rf_ScalarReal((double)call->done));
    const SEXP total = PROTECT(Rf_ScalarReal((double)call->total));
    const named_call use = {"progress", call->function, 2, {"done", "total"}, {done, total}};
    const SEXP answer = result_of(&use);
    call->go_on = !(Rf_isLogical(answer) && XLENGTH(answer) == 1 && LOGICAL(answer)[0] == FALSE);
    UNPROTECT(2);
  }
  return R_NilValue;
}

static int32_t on_progress(void* user, int64_t done, int64_t total) {
  progress_call* const call = (progress_call*)user;
  call->done = done;
  call->total = total;
  call->go_on = 1;
  return !(run_in_r(run_progress, call) && call->go_on);
}

/* Every call has a progress callback, so that it can be interrupted. */
static void set_progress(progress_call* call, SEXP list, residual_knn_progress* progress, void** user) {
  call->function = list_element(list, "progress");
  *progress = on_progress;
  *user = call;
}

/* The result of the R function for rows and columns counted from 1. */
typedef struct {
  SEXP function;
  const int64_t* rows;
  int64_t num_rows;
  const int64_t* columns;
  int64_t num_columns;
  double* covariance;
  int succeeded;
} covariance_call;

static SEXP row_numbers(const int64_t* rows, int64_t count) {
  const SEXP numbers = Rf_allocVector(INTSXP, (R_xlen_t)count);
  for (int64_t i = 0; i < count; ++i) INTEGER(numbers)[i] = (int)(rows[i] + 1);
  return numbers;
}

static SEXP run_covariance(void* user) {
  covariance_call* const call = (covariance_call*)user;
  const SEXP rows = PROTECT(row_numbers(call->rows, call->num_rows));
  const SEXP columns = PROTECT(row_numbers(call->columns, call->num_columns));
  const named_call use = {"covariance_block", call->function, 2, {"rows", "columns"}, {rows, columns}};
  const SEXP values = PROTECT(result_of(&use));
  if (Rf_isReal(values) && XLENGTH(values) == call->num_rows * call->num_columns) {
    const double* const value = REAL(values);
    for (int64_t a = 0; a < call->num_rows; ++a) {
      for (int64_t b = 0; b < call->num_columns; ++b) {
        call->covariance[a * call->num_columns + b] = value[a + b * call->num_rows];
      }
    }
    call->succeeded = 1;
  }
  UNPROTECT(3);
  return R_NilValue;
}

/* `user` is the R function, which the handle of the index keeps alive. */
static int32_t on_covariance(void* user, const int64_t* rows, int64_t num_rows, const int64_t* columns,
                             int64_t num_columns, double* covariance) {
  covariance_call call = {(SEXP)user, rows, num_rows, columns, num_columns, covariance, 0};
  return !(run_in_r(run_covariance, &call) && call.succeeded);
}

/* A batch of answers for the R function: numbers of queries, row numbers, distances and, with conditional selection,
 * conditional variances. */
typedef struct {
  SEXP function;
  const residual_knn_batch* batch;
  int go_on;
} sink_call;

static SEXP batch_matrix(const residual_knn_batch* batch, const double* values) {
  const SEXP matrix = Rf_allocMatrix(REALSXP, (int)batch->num_queries, (int)batch->k);
  memcpy(REAL(matrix), values, (size_t)XLENGTH(matrix) * sizeof(double));
  return matrix;
}

static SEXP run_sink(void* user) {
  sink_call* const call = (sink_call*)user;
  const residual_knn_batch* const batch = call->batch;
  const SEXP queries = PROTECT(row_numbers(batch->queries, batch->num_queries));
  const SEXP neighbors = PROTECT(Rf_allocMatrix(INTSXP, (int)batch->num_queries, (int)batch->k));
  memcpy(INTEGER(neighbors), batch->neighbors_int32, (size_t)XLENGTH(neighbors) * sizeof(int));
  const SEXP distances = PROTECT(batch_matrix(batch, batch->distances));
  const SEXP variances = PROTECT(
      batch->conditional_variances == NULL ? R_NilValue : batch_matrix(batch, batch->conditional_variances));
  const named_call use = {"sink",
                          call->function,
                          Rf_isNull(variances) ? 3 : 4,
                          {"queries", "index", "distance", "conditional_variance"},
                          {queries, neighbors, distances, variances}};
  const SEXP answer = result_of(&use);
  call->go_on = !(Rf_isLogical(answer) && XLENGTH(answer) == 1 && LOGICAL(answer)[0] == FALSE);
  UNPROTECT(4);
  return R_NilValue;
}

static int32_t on_batch(void* user, const residual_knn_batch* batch) {
  sink_call* const call = (sink_call*)user;
  call->batch = batch;
  call->go_on = 1;
  return !(run_in_r(run_sink, call) && call->go_on);
}

/* ---------------------------------------------------------------- memory of handles */

/* Bytes of all indexes of handles: now, and after the last requested collection. */
static double bytes_held = 0;
static double bytes_kept = 0;

static void free_handle(SEXP handle) {
  holding* const held = handle_holding(handle);
  if (held == NULL) return;
  residual_knn_index_free(held->index);
  held->index = NULL;
  bytes_held -= held->bytes;
  if (bytes_kept > bytes_held) bytes_kept = bytes_held;
  held->bytes = 0;
}

/* A new handle without an index. It keeps the memory of its holding alive and, later, a covariance function. */
static SEXP new_handle(void) {
  const SEXP kept = PROTECT(Rf_allocVector(VECSXP, 2));
  const SEXP memory = Rf_allocVector(RAWSXP, sizeof(holding));
  SET_VECTOR_ELT(kept, 0, memory);
  holding* const held = (holding*)RAW(memory);
  held->index = NULL;
  held->bytes = 0;
  held->users = 0;
  const SEXP handle = PROTECT(R_MakeExternalPtr(held, handle_tag(), kept));
  /* Not when R exits, because R may exit in a callback while the library still uses the index. */
  R_RegisterCFinalizerEx(handle, free_handle, FALSE);
  UNPROTECT(2);
  return handle;
}

static int has_index(SEXP handle) {
  return is_handle(handle) && handle_holding(handle) != NULL && handle_holding(handle)->index != NULL;
}

static residual_knn_index* handle_index(SEXP handle) {
  if (!has_index(handle)) Rf_error("not the handle of an index");
  return handle_holding(handle)->index;
}

static residual_knn_info info_of(const residual_knn_index* index) {
  residual_knn_info info;
  residual_knn_info_init(&info, sizeof info);
  residual_knn_index_info(index, &info);
  return info;
}

/* R's collector does not know the memory of indexes, so unreachable indexes would accumulate. The collector is called
 * when they may take as much memory as those in use, plus a constant. */
static void count_memory(SEXP handle) {
  const double some = 268435456.0;
  if (!has_index(handle)) return;
  handle_holding(handle)->bytes = (double)info_of(handle_index(handle)).bytes;
  bytes_held += handle_holding(handle)->bytes;
  if (bytes_held > 2 * bytes_kept + some) {
    R_gc();
    bytes_kept = bytes_held;
  }
}

/* ---------------------------------------------------------------- results */

/* NULL, or a value that the R code converts to a condition. */
static SEXP status_value(residual_knn_status status) {
  if (status == RESIDUAL_KNN_OK) return R_NilValue;
  const char* names[] = {"code", "message", ""};
  const SEXP result = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(result, 0, Rf_ScalarInteger(status));
  SET_VECTOR_ELT(result, 1, Rf_mkString(residual_knn_last_error()));
  UNPROTECT(1);
  return result;
}

static SEXP info_report(const residual_knn_info* from) {
  report result = new_report(9);
  REPORT_NUMBER(n);
  REPORT_NUMBER(d);
  REPORT_NUMBER(m);
  REPORT_NUMBER(degenerate_points);
  REPORT_NUMBER(bytes);
  REPORT_NUMBER(build_seconds);
  REPORT_NUMBER(jitter);
  const R_xlen_t levels = sizeof(from->residual_share) / sizeof(from->residual_share[0]);
  const SEXP share = Rf_allocVector(REALSXP, levels);
  memcpy(REAL(share), from->residual_share, sizeof(from->residual_share));
  report_value(&result, "residual_share", share);
  REPORT_NUMBER(given_factor);
  UNPROTECT(1);
  return result.values;
}

/* The model of an index, for residual_knn_index_model(). */
static SEXP model_report(const residual_knn_model_options* from) {
  report result = new_report(9);
  REPORT_INTEGER(kernel);
  REPORT_NUMBER(variance);
  REPORT_NUMBER(nu);
  REPORT_NUMBER(alpha);
  REPORT_NUMBER(nugget);
  REPORT_NUMBER(jitter);
  REPORT_NUMBER(factor_error);
  REPORT_INTEGER(factor_storage);
  REPORT_NUMBER(max_bytes);
  UNPROTECT(1);
  return result.values;
}

static SEXP statistics_report(const residual_knn_statistics* from) {
  report result = new_report(26);
  REPORT_INTEGER(strategy);
  REPORT_INTEGER(threads);
  REPORT_NUMBER(queries);
  REPORT_NUMBER(pairs);
  REPORT_NUMBER(pairs_scored);
  REPORT_NUMBER(pairs_rescored);
  REPORT_NUMBER(seconds);
  REPORT_INTEGER(reason);
  REPORT_INTEGER(coarse_blocks);
  REPORT_NUMBER(tree_seconds);
  REPORT_NUMBER(pivots_scored);
  REPORT_NUMBER(pivots_coupled);
  REPORT_NUMBER(blocks_bounded);
  REPORT_NUMBER(blocks_dismissed);
  REPORT_NUMBER(points_bounded);
  REPORT_NUMBER(survivors);
  REPORT_NUMBER(scored_in_low_precision);
  REPORT_NUMBER(uninformative_queries);
  REPORT_NUMBER(nearest_lengthscales);
  REPORT_NUMBER(coarse_queries);
  REPORT_NUMBER(coarse_query);
  REPORT_NUMBER(coarse_coordinate);
  REPORT_NUMBER(coarse_value);
  REPORT_NUMBER(coarse_lengthscale);
  REPORT_NUMBER(candidates);
  REPORT_NUMBER(uninformative_picks);
  UNPROTECT(1);
  return result.values;
}

static SEXP weights_report(const residual_knn_weights_report* from) {
  report result = new_report(5);
  REPORT_NUMBER(log_determinant);
  REPORT_NUMBER(jittered_sets);
  REPORT_NUMBER(first_jittered);
  REPORT_NUMBER(degenerate_queries);
  REPORT_NUMBER(seconds);
  UNPROTECT(1);
  return result.values;
}

/* The reverse conversion of statistics, for the fields that residual_knn_search_warning() reads. */
static void set_statistics(residual_knn_statistics* options, SEXP list) {
  require_list(list, "statistics");
  residual_knn_statistics_init(options, sizeof *options);
  SET_FIELD(queries, Rf_asReal);
  SET_FIELD(pairs, Rf_asReal);
  SET_FIELD(uninformative_queries, Rf_asReal);
  SET_FIELD(nearest_lengthscales, Rf_asReal);
  SET_FIELD(coarse_queries, Rf_asReal);
  SET_FIELD(coarse_query, Rf_asReal);
  SET_FIELD(coarse_coordinate, Rf_asReal);
  SET_FIELD(coarse_value, Rf_asReal);
  SET_FIELD(coarse_lengthscale, Rf_asReal);
}

/* ---------------------------------------------------------------- options */

/* Sets what all options have in common. `init` sets the defaults. */
#define INIT_OPTIONS(init)                                                          \
  do {                                                                              \
    require_list(list, "options");                                                  \
    init(options, sizeof *options);                                                 \
    options->layout = RESIDUAL_KNN_DIMENSION_MAJOR;                                 \
    options->message_base = 1;                                                      \
    set_progress(progress, list, &options->progress, &options->progress_user);      \
  } while (0)

static void set_model_options(residual_knn_model_options* options, progress_call* progress, SEXP list) {
  INIT_OPTIONS(residual_knn_model_options_init);
  SET_FIELD(kernel, Rf_asInteger);
  SET_FIELD(variance, Rf_asReal);
  SET_FIELD(nu, Rf_asReal);
  SET_FIELD(alpha, Rf_asReal);
  SET_FIELD(nugget, Rf_asReal);
  SET_FIELD(jitter, Rf_asReal);
  SET_FIELD(max_jitter, Rf_asReal);
  SET_FIELD(threads, Rf_asInteger);
  SET_FIELD(factor_error, Rf_asReal);
  SET_FIELD(factor_storage, Rf_asInteger);
  SET_FIELD(max_bytes, Rf_asReal);
}

/* Candidate lists: offsets are doubles in R, and row numbers are integers. The R code checks that the lengths agree. The
 * copy of the offsets is memory of R, which R frees at the end of the call. */
static void set_candidate_lists(residual_knn_search_options* options, SEXP list) {
  const SEXP offsets = list_element(list, "candidate_offsets");
  const SEXP rows = list_element(list, "candidate_rows");
  if (Rf_isNull(offsets)) return;
  if (!Rf_isReal(offsets) || !Rf_isInteger(rows)) Rf_error("candidate lists must be doubles and integers");
  const R_xlen_t count = XLENGTH(offsets);
  int64_t* const copy = (int64_t*)R_alloc((size_t)count, sizeof(int64_t));
  for (R_xlen_t i = 0; i < count; ++i) copy[i] = (int64_t)REAL(offsets)[i];
  options->candidate_offsets = copy;
  options->candidate_rows_int32 = INTEGER(rows);
}

/* Start lists: a matrix of row numbers in R's own layout, NA in places without one. The R code checks its size. */
static void set_start(residual_knn_search_options* options, SEXP list) {
  const SEXP start = list_element(list, "start");
  if (Rf_isNull(start)) return;
  if (!Rf_isInteger(start) || !Rf_isMatrix(start)) Rf_error("start must be a matrix of integers");
  if (Rf_ncols(start) == 0) return;
  options->start_k = Rf_ncols(start);
  options->start_int32 = INTEGER(start);
}

/* The pointer says that conditional variances are wanted. The typemap of the outputs makes their matrix. */
static void set_wanted_variances(residual_knn_search_options* options, SEXP list) {
  static double no_matrix;
  const SEXP wanted = list_element(list, "conditional_variances");
  if (!Rf_isNull(wanted) && Rf_asLogical(wanted) == TRUE) options->conditional_variances = &no_matrix;
}

/* The R function that gets the answers. It gets conditional variances too, which then have no matrix of their own. */
static void set_sink(residual_knn_search_options* options, sink_call* sink, SEXP list) {
  sink->function = list_element(list, "sink");
  if (Rf_isNull(sink->function)) return;
  if (!Rf_isFunction(sink->function)) Rf_error("sink must be a function");
  options->sink = on_batch;
  options->sink_user = sink;
  options->conditional_variances = NULL;
  SET_FIELD(sink_queries, Rf_asReal);
  SET_FIELD(sink_order, Rf_asInteger);
}

static void set_search_options(residual_knn_search_options* options, progress_call* progress, sink_call* sink,
                               SEXP list) {
  INIT_OPTIONS(residual_knn_search_options_init);
  SET_FIELD(ranking, Rf_asInteger);
  SET_FIELD(strategy, Rf_asInteger);
  SET_FIELD(threads, Rf_asInteger);
  SET_FIELD(selection, Rf_asInteger);
  SET_FIELD(residual_candidates, Rf_asReal);
  SET_FIELD(scaled_candidates, Rf_asReal);
  set_candidate_lists(options, list);
  set_start(options, list);
  set_wanted_variances(options, list);
  set_sink(options, sink, list);
}

static void set_weights_options(residual_knn_weights_options* options, progress_call* progress, SEXP list) {
  INIT_OPTIONS(residual_knn_weights_options_init);
  SET_FIELD(jitter, Rf_asReal);
  SET_FIELD(threads, Rf_asInteger);
}

static void set_covariance_options(residual_knn_covariance_options* options, progress_call* progress, SEXP list) {
  INIT_OPTIONS(residual_knn_covariance_options_init);
  SET_FIELD(threads, Rf_asInteger);
}

static void set_load_options(residual_knn_load_options* options, progress_call* progress, SEXP list) {
  require_list(list, "options");
  residual_knn_load_options_init(options, sizeof *options);
  options->message_base = 1;
  set_progress(progress, list, &options->progress, &options->progress_user);
  SET_FIELD(verify, Rf_asInteger);
  SET_FIELD(max_bytes, Rf_asReal);
}

static void set_helper_options(residual_knn_helper_options* options, progress_call* progress, SEXP list) {
  INIT_OPTIONS(residual_knn_helper_options_init);
  SET_FIELD(threads, Rf_asInteger);
  const SEXP seed = list_element(list, "seed");
  if (!Rf_isNull(seed)) options->seed = (uint64_t)to_int64(seed, "seed");
  const SEXP max_iterations = list_element(list, "max_iterations");
  if (!Rf_isNull(max_iterations)) options->max_iterations = to_int64(max_iterations, "max_iterations");
}

/* The number of queries and the options of a search, from the position of the first output argument. That is k, or base in
 * searches above a threshold, which have the threshold between the options and base. Positions differ by the arguments that
 * describe the queries: rows 5 and 6, groups 6, new points 5 and 6, new points with V and p 7 and 8. */
#define NUM_QUERIES_5 arg3
#define NUM_QUERIES_6 arg3
#define NUM_QUERIES_7 arg5
#define NUM_QUERIES_8 arg5
#define OPTIONS_5 arg4
#define OPTIONS_6 arg5
#define OPTIONS_7 arg6

/* Conditioning sets: a matrix of integers with one row for each query. */
static int* set_values(SEXP matrix, int64_t num_queries) {
  if (!Rf_isInteger(matrix) || !Rf_isMatrix(matrix)) Rf_error("neighbors must be a matrix of integers");
  if (Rf_nrows(matrix) != num_queries) Rf_error("neighbors must have one row for each query");
  return INTEGER(matrix);
}

/* The order of the points has their number behind them, that of the points of an index has not. */
#define NUM_ORDERED_7 arg2
#define NUM_ORDERED_2 info_of(arg1).n

/* Numbers of 64 bits as doubles, in the same memory. */
static void to_doubles(double* values, R_xlen_t count) {
  for (R_xlen_t i = 0; i < count; ++i) {
    int64_t number;
    memcpy(&number, values + i, sizeof number);
    values[i] = (double)number;
  }
}
%}

/* Handles. */
%typemap(in) residual_knn_index* index, const residual_knn_index* index %{ $1 = handle_index($input); %}
%typemap(scoercein) residual_knn_index* index, const residual_knn_index* index "";
%typemap(in, numinputs=0) residual_knn_index** index (SEXP handle) %{
  handle = PROTECT(new_handle());
  ++r_nprotect;
  $1 = &handle_holding(handle)->index; %}
%typemap(argout) residual_knn_index** index %{
  SET_VECTOR_ELT($result, $n, handle$argnum);
  count_memory(handle$argnum); %}

/* Statuses: a list that status_result() of R/conditions.R unpacks. */
%typemap(out) residual_knn_status %{ $result = status_value($1); %}
%typemap(scoerceout) residual_knn_status %{ $result = status_result($result) %}

/* Inputs, without copies. The R code checks that shapes agree. */
%typemap(in) (const double* points, int64_t n, int64_t d), (const double* factor, int64_t n, int64_t m) %{
  $1 = (double*)matrix_values($input, "$1_name"); $2 = Rf_nrows($input); $3 = Rf_ncols($input); %}
%typemap(in) (const double* factor, int64_t m) %{
  $1 = (double*)matrix_values($input, "$1_name"); $2 = Rf_ncols($input); %}
%typemap(in) (const double* inducing, int64_t m) %{
  $1 = (double*)matrix_values($input, "$1_name"); $2 = Rf_nrows($input); %}
%typemap(in) (const double* queries, int64_t num_queries) %{
  $1 = (double*)matrix_values($input, "$1_name"); $2 = Rf_nrows($input); %}
%typemap(in) const double* query_factor %{ $1 = (double*)matrix_values($input, "$1_name"); %}
%typemap(in) (const double* lengthscales, int64_t num_lengthscales) %{
  $1 = (double*)vector_values($input, "$1_name"); $2 = XLENGTH($input); %}
%typemap(in) const double* residual_variance, const double* query_residual_variance %{
  $1 = (double*)vector_values($input, "$1_name"); %}
%typemap(in) (const int32_t* rows, int64_t num_queries) %{
  if (Rf_isNull($input)) {
    $1 = NULL;
    $2 = info_of(arg1).n;
  } else {
    if (!Rf_isInteger($input)) Rf_error("rows must be a vector of integers");
    $1 = INTEGER($input);
    $2 = XLENGTH($input);
  } %}
/* Groups of rows: a list of integer vectors, one for each group. The library gets them one after the other. */
%typemap(in) (const int64_t* group_offsets, int64_t num_groups, const int32_t* group_rows) %{
  if (TYPEOF($input) != VECSXP) Rf_error("groups must be a list");
  $2 = XLENGTH($input);
  {
    const SEXP offsets = PROTECT(Rf_allocVector(REALSXP, (R_xlen_t)$2 + 1));
    R_xlen_t total = 0;
    int64_t* const ends = (int64_t*)REAL(offsets);
    ends[0] = 0;
    for (R_xlen_t i = 0; i < (R_xlen_t)$2; ++i) {
      if (!Rf_isInteger(VECTOR_ELT($input, i))) Rf_error("groups must have vectors of integers");
      total += XLENGTH(VECTOR_ELT($input, i));
      ends[i + 1] = total;
    }
    const SEXP rows = PROTECT(Rf_allocVector(INTSXP, total));
    for (R_xlen_t i = 0; i < (R_xlen_t)$2; ++i) {
      const SEXP group = VECTOR_ELT($input, i);
      if (XLENGTH(group) == 0) continue;
      memcpy(INTEGER(rows) + ends[i], INTEGER(group), (size_t)XLENGTH(group) * sizeof(int));
    }
    r_nprotect += 2;
    $1 = ends;
    $3 = INTEGER(rows);
  } %}

%typemap(scoercein) (const int64_t* group_offsets, int64_t num_groups, const int32_t* group_rows) "";
%typemap(scheck) (const int64_t* group_offsets, int64_t num_groups, const int32_t* group_rows) "";

%typemap(in) const char* path, const char* note %{ $1 = (char*)text_value($input, "$1_name"); %}
%typemap(scoercein) const char* path, const char* note "";
%typemap(freearg) const char* path, const char* note "";
%typemap(in) int32_t %{ $1 = to_int32($input, "$1_name"); %}
%typemap(in) int64_t m %{ $1 = to_int64($input, "$1_name"); %}
%typemap(scoercein) const double*, const int32_t*, int64_t m "";
/* SWIG's own typemaps would free memory of R. */
%typemap(freearg) const double*, const int32_t*, double*, int32_t*, int64_t* "";

/* The R covariance function; set_handle_covariance() keeps it alive as long as the handle. */
%typemap(in) (residual_knn_covariance covariance, void* covariance_user) %{
  if (!Rf_isFunction($input)) Rf_error("covariance must be a function");
  $1 = on_covariance;
  $2 = (void*)$input; %}
%typemap(scoercein) residual_knn_covariance "";

/* Options, from lists. */
%typemap(in) const residual_knn_model_options* (residual_knn_model_options options, progress_call progress) %{
  set_model_options(&options, &progress, $input);
  $1 = &options; %}
%typemap(in) const residual_knn_search_options*
  (residual_knn_search_options options, progress_call progress, sink_call sink) %{
  set_search_options(&options, &progress, &sink, $input);
  $1 = &options; %}
%typemap(in) const residual_knn_weights_options* (residual_knn_weights_options options, progress_call progress) %{
  set_weights_options(&options, &progress, $input);
  $1 = &options; %}
%typemap(in) const residual_knn_covariance_options* (residual_knn_covariance_options options, progress_call progress) %{
  set_covariance_options(&options, &progress, $input);
  $1 = &options; %}
%typemap(in) const residual_knn_load_options* (residual_knn_load_options options, progress_call progress) %{
  set_load_options(&options, &progress, $input);
  $1 = &options; %}
%typemap(in) const residual_knn_helper_options* (residual_knn_helper_options options, progress_call progress) %{
  set_helper_options(&options, &progress, $input);
  $1 = &options; %}
%typemap(scoercein) const residual_knn_model_options*, const residual_knn_search_options*, const residual_knn_load_options*,
  const residual_knn_weights_options*, const residual_knn_covariance_options*, const residual_knn_helper_options* "";

/* Outputs: matrices of R, written by the library: neighbors, distances and, if they are wanted, conditional variances. With
 * a sink there are none. */
%typemap(in) (int32_t k, int32_t base, int32_t missing, int32_t* neighbors, double* distances)
  (SEXP index_matrix, SEXP distance_matrix, SEXP variance_matrix) %{
  $1 = to_int32($input, "$1_name");
  $2 = 1;
  $3 = NA_INTEGER;
  index_matrix = distance_matrix = variance_matrix = R_NilValue;
  if (OPTIONS_$argnum->sink == NULL) {
    const int columns = $1 > 0 ? $1 : 0;
    index_matrix = PROTECT(Rf_allocMatrix(INTSXP, (int)NUM_QUERIES_$argnum, columns));
    distance_matrix = PROTECT(Rf_allocMatrix(REALSXP, (int)NUM_QUERIES_$argnum, columns));
    r_nprotect += 2;
    if (OPTIONS_$argnum->conditional_variances != NULL) {
      variance_matrix = PROTECT(Rf_allocMatrix(REALSXP, (int)NUM_QUERIES_$argnum, columns));
      ++r_nprotect;
      ((residual_knn_search_options*)OPTIONS_$argnum)->conditional_variances = REAL(variance_matrix);
    }
  }
  $4 = Rf_isNull(index_matrix) ? NULL : INTEGER(index_matrix);
  $5 = Rf_isNull(distance_matrix) ? NULL : REAL(distance_matrix); %}
%typemap(argout) (int32_t k, int32_t base, int32_t missing, int32_t* neighbors, double* distances) %{
  {
    const SEXP matrices = Rf_allocVector(VECSXP, 3);
    SET_VECTOR_ELT($result, $n, matrices);
    SET_VECTOR_ELT(matrices, 0, index_matrix$argnum);
    SET_VECTOR_ELT(matrices, 1, distance_matrix$argnum);
    SET_VECTOR_ELT(matrices, 2, variance_matrix$argnum);
  } %}

/* Conditioning sets, a matrix of integers without a copy, and what the library computes from them. */
%typemap(in) (int32_t k, int32_t base, int32_t missing, const int32_t* neighbors, double* weights, double* variances)
  (SEXP weight_matrix, SEXP variance_vector) %{
  $4 = set_values($input, NUM_QUERIES_$argnum);
  $1 = Rf_ncols($input);
  $2 = 1;
  $3 = NA_INTEGER;
  weight_matrix = PROTECT(Rf_allocMatrix(REALSXP, Rf_nrows($input), Rf_ncols($input)));
  variance_vector = PROTECT(Rf_allocVector(REALSXP, Rf_nrows($input)));
  r_nprotect += 2;
  $5 = REAL(weight_matrix);
  $6 = REAL(variance_vector); %}
/* SWIG's own typemaps for k treat a single number. */
%typemap(scoercein) (int32_t k, int32_t base, int32_t missing, const int32_t* neighbors, double* weights,
  double* variances) "";
%typemap(scheck) (int32_t k, int32_t base, int32_t missing, const int32_t* neighbors, double* weights,
  double* variances) "";
%typemap(argout) (int32_t k, int32_t base, int32_t missing, const int32_t* neighbors, double* weights,
  double* variances) %{
  {
    const SEXP both = Rf_allocVector(VECSXP, 2);
    SET_VECTOR_ELT($result, $n, both);
    SET_VECTOR_ELT(both, 0, weight_matrix$argnum);
    SET_VECTOR_ELT(both, 1, variance_vector$argnum);
  } %}
%apply (int32_t k, int32_t base, int32_t missing, const int32_t* neighbors, double* weights, double* variances) {
  (int32_t k, int32_t base, int32_t missing, const int32_t* neighbors, double* covariances, double* residual_variances)};

/* Blocks: an array of R, written by the library. */
%typemap(in) (int32_t k, int32_t base, int32_t missing, const int32_t* neighbors, double* blocks) (SEXP block_array) %{
  $4 = set_values($input, NUM_QUERIES_$argnum);
  $1 = Rf_ncols($input);
  $2 = 1;
  $3 = NA_INTEGER;
  block_array = PROTECT(Rf_alloc3DArray(REALSXP, $1 + 1, $1 + 1, Rf_nrows($input)));
  ++r_nprotect;
  $5 = REAL(block_array); %}
%typemap(scoercein) (int32_t k, int32_t base, int32_t missing, const int32_t* neighbors, double* blocks) "";
%typemap(scheck) (int32_t k, int32_t base, int32_t missing, const int32_t* neighbors, double* blocks) "";
%typemap(argout) (int32_t k, int32_t base, int32_t missing, const int32_t* neighbors, double* blocks) %{
  SET_VECTOR_ELT($result, $n, block_array$argnum); %}
%typemap(in, numinputs=0) residual_knn_weights_report* report (residual_knn_weights_report report) %{
  residual_knn_weights_report_init(&report, sizeof report);
  $1 = &report; %}
%typemap(argout) residual_knn_weights_report* report %{
  SET_VECTOR_ELT($result, $n, weights_report($1)); %}

/* Compressed rows: offsets, row numbers and distances; the input is the capacity. If it is too small, there is no error:
 * row numbers and distances are NULL, and the last offset is the capacity that is needed. */
%typemap(in) (int32_t base, int64_t capacity, int64_t* offsets, int32_t* neighbors, double* distances)
  (SEXP offset_vector, SEXP index_vector, SEXP distance_vector) %{
  $1 = 1;
  $2 = to_int64($input, "capacity");
  offset_vector = PROTECT(Rf_allocVector(REALSXP, (R_xlen_t)NUM_QUERIES_$argnum + 1));
  index_vector = PROTECT(Rf_allocVector(INTSXP, (R_xlen_t)$2));
  distance_vector = PROTECT(Rf_allocVector(REALSXP, (R_xlen_t)$2));
  r_nprotect += 3;
  $3 = (int64_t*)REAL(offset_vector);
  $3[NUM_QUERIES_$argnum] = 0;
  $4 = INTEGER(index_vector);
  $5 = REAL(distance_vector); %}
%typemap(scoercein) (int32_t base, int64_t capacity, int64_t* offsets, int32_t* neighbors, double* distances) "";
%typemap(scheck) (int32_t base, int64_t capacity, int64_t* offsets, int32_t* neighbors, double* distances) "";
%typemap(argout) (int32_t base, int64_t capacity, int64_t* offsets, int32_t* neighbors, double* distances) %{
  {
    const R_xlen_t total = (R_xlen_t)$3[NUM_QUERIES_$argnum];
    const SEXP rows = Rf_allocVector(VECSXP, 3);
    SET_VECTOR_ELT($result, $n, rows);
    SET_VECTOR_ELT(rows, 0, offset_vector$argnum);
    if (total > $2) {
      SET_VECTOR_ELT($result, 0, R_NilValue);
    } else if (result == RESIDUAL_KNN_OK) {
      SET_VECTOR_ELT(rows, 1, Rf_xlengthgets(index_vector$argnum, total));
      SET_VECTOR_ELT(rows, 2, Rf_xlengthgets(distance_vector$argnum, total));
    }
    to_doubles(REAL(offset_vector$argnum), XLENGTH(offset_vector$argnum));
  } %}

%typemap(in, numinputs=0) residual_knn_statistics* statistics (residual_knn_statistics statistics) %{
  residual_knn_statistics_init(&statistics, sizeof statistics);
  $1 = &statistics; %}
%typemap(argout) residual_knn_statistics* statistics %{
  SET_VECTOR_ELT($result, $n, statistics_report($1)); %}
%typemap(in) const residual_knn_statistics* statistics (residual_knn_statistics statistics) %{
  set_statistics(&statistics, $input);
  $1 = &statistics; %}
%typemap(scoercein) const residual_knn_statistics* statistics "";
%typemap(in, numinputs=0) residual_knn_info* info (residual_knn_info info) %{
  residual_knn_info_init(&info, sizeof info);
  $1 = &info; %}
%typemap(argout) residual_knn_info* info %{
  SET_VECTOR_ELT($result, $n, info_report($1)); %}

/* V and p of an index, whose handle the typemap before has set. */
%typemap(in) (int32_t layout, double* factor, double* residual_variance) (SEXP matrix, SEXP variances) %{
  (void)$input; /* R passes NULL */
  {
    const residual_knn_info info = info_of(arg1);
    matrix = PROTECT(Rf_allocMatrix(REALSXP, (int)info.n, (int)info.m));
    variances = PROTECT(Rf_allocVector(REALSXP, (R_xlen_t)info.n));
    r_nprotect += 2;
  }
  $1 = RESIDUAL_KNN_DIMENSION_MAJOR;
  $2 = REAL(matrix);
  $3 = REAL(variances); %}
%typemap(scoercein) int32_t layout "";
%typemap(argout) (int32_t layout, double* factor, double* residual_variance) %{
  {
    const SEXP both = Rf_allocVector(VECSXP, 2);
    SET_VECTOR_ELT($result, $n, both);
    SET_VECTOR_ELT(both, 0, matrix$argnum);
    SET_VECTOR_ELT(both, 1, variances$argnum);
  } %}

/* The model of an index, and its points. */
%typemap(in, numinputs=0) (residual_knn_model_options* options, double* lengthscales)
  (residual_knn_model_options options, SEXP scales) %{
  residual_knn_model_options_init(&options, sizeof options);
  scales = PROTECT(Rf_allocVector(REALSXP, (R_xlen_t)info_of(handle_index(index)).d));
  ++r_nprotect;
  $1 = &options;
  $2 = REAL(scales); %}
%typemap(argout) (residual_knn_model_options* options, double* lengthscales) %{
  {
    const SEXP both = Rf_allocVector(VECSXP, 2);
    SET_VECTOR_ELT($result, $n, both);
    SET_VECTOR_ELT(both, 0, model_report($1));
    SET_VECTOR_ELT(both, 1, scales$argnum);
  } %}
%typemap(in) (int32_t layout, double* points, double* inducing) (SEXP point_matrix, SEXP inducing_matrix) %{
  (void)$input; /* R passes NULL */
  {
    const residual_knn_info info = info_of(arg1);
    const int inducing_points = info.given_factor ? 0 : (int)info.m;
    point_matrix = PROTECT(Rf_allocMatrix(REALSXP, (int)info.n, (int)info.d));
    inducing_matrix = PROTECT(Rf_allocMatrix(REALSXP, inducing_points, (int)info.d));
    r_nprotect += 2;
    $3 = inducing_points > 0 ? REAL(inducing_matrix) : NULL;
  }
  $1 = RESIDUAL_KNN_DIMENSION_MAJOR;
  $2 = REAL(point_matrix); %}
%typemap(argout) (int32_t layout, double* points, double* inducing) %{
  {
    const SEXP both = Rf_allocVector(VECSXP, 2);
    SET_VECTOR_ELT($result, $n, both);
    SET_VECTOR_ELT(both, 0, point_matrix$argnum);
    SET_VECTOR_ELT(both, 1, inducing_matrix$argnum);
  } %}

/* Inducing points: m x d. */
%typemap(in) (const residual_knn_helper_options* options, double* inducing)
  (residual_knn_helper_options options, progress_call progress, SEXP matrix) %{
  set_helper_options(&options, &progress, $input);
  $1 = &options;
  if (arg7 > INT_MAX) Rf_error("m must be at most %d", INT_MAX);
  matrix = PROTECT(Rf_allocMatrix(REALSXP, arg7 > 0 ? (int)arg7 : 0, (int)arg3));
  ++r_nprotect;
  $2 = REAL(matrix); %}
%typemap(argout) (const residual_knn_helper_options* options, double* inducing) %{
  SET_VECTOR_ELT($result, $n, matrix$argnum); %}

/* An order. The 64-bit numbers are stored in a vector of doubles until they are converted to integers of R. */
%typemap(in) (const residual_knn_helper_options* options, int64_t* order)
  (residual_knn_helper_options options, progress_call progress, SEXP numbers) %{
  set_helper_options(&options, &progress, $input);
  $1 = &options;
  numbers = PROTECT(Rf_allocVector(REALSXP, (R_xlen_t)NUM_ORDERED_$argnum));
  ++r_nprotect;
  $2 = (int64_t*)REAL(numbers); %}
%typemap(argout) (const residual_knn_helper_options* options, int64_t* order) %{
  if (result == RESIDUAL_KNN_OK) SET_VECTOR_ELT($result, $n, row_numbers($2, NUM_ORDERED_$argnum)); %}

/* Functions with callbacks: functions that create an object, and functions that use an index. The index must not be
 * closed or updated in their callbacks. */
%define CALLS_BACK(function, used, users)
%exception function {
  library_call call;
  begin_call(&call, used, users);
  ++r_nprotect;
  $action
  end_call(&call);
}
%enddef
CALLS_BACK(residual_knn_index_create, NULL, 0)
CALLS_BACK(residual_knn_index_create_from_factor, NULL, 0)
CALLS_BACK(residual_knn_index_create_from_callback, NULL, 0)
CALLS_BACK(residual_knn_choose_inducing, NULL, 0)
CALLS_BACK(residual_knn_order_points, NULL, 0)
CALLS_BACK(residual_knn_index_load, NULL, 0)
CALLS_BACK(residual_knn_index_open, NULL, 0)
CALLS_BACK(residual_knn_index_prepare, handle_holding(index), 1)
CALLS_BACK(residual_knn_index_order, handle_holding(index), 1)
CALLS_BACK(residual_knn_index_update, handle_holding(index), BEING_UPDATED)
/* Functions that only read an index. R has the versions with row numbers of 32 bits. */
%define READS_INDEX(function)
CALLS_BACK(function ## _int32, handle_holding(index), 1)
%ignore function;
%enddef
READS_INDEX(residual_knn_neighbors)
READS_INDEX(residual_knn_predecessors)
READS_INDEX(residual_knn_neighbors_of_new_points)
READS_INDEX(residual_knn_neighbors_of_new_factor)
READS_INDEX(residual_knn_neighbors_above)
READS_INDEX(residual_knn_predecessors_above)
READS_INDEX(residual_knn_neighbors_of_new_points_above)
READS_INDEX(residual_knn_neighbors_of_new_factor_above)
READS_INDEX(residual_knn_group_neighbors)
READS_INDEX(residual_knn_group_predecessors)
READS_INDEX(residual_knn_weights)
READS_INDEX(residual_knn_weights_of_new_points)
READS_INDEX(residual_knn_weights_of_new_factor)
READS_INDEX(residual_knn_covariances)
READS_INDEX(residual_knn_covariances_of_new_points)
READS_INDEX(residual_knn_covariances_of_new_factor)
READS_INDEX(residual_knn_covariance_blocks)
READS_INDEX(residual_knn_covariance_blocks_of_new_points)
READS_INDEX(residual_knn_covariance_blocks_of_new_factor)
/* SWIG takes int64_t for long long and converts the pointer to the offsets; arg2 itself has the right type. */
%feature("action") residual_knn_group_neighbors_int32 %{
  result = residual_knn_group_neighbors_int32(arg1, arg2, arg3, arg4, arg5, arg6, arg7, arg8, arg9, arg10, arg11);
%}
%feature("action") residual_knn_group_predecessors_int32 %{
  result = residual_knn_group_predecessors_int32(arg1, arg2, arg3, arg4, arg5, arg6, arg7, arg8, arg9, arg10, arg11);
%}

/* Not used by the R code: the structs, which are lists in R, and the functions with 64-bit row numbers. */
%ignore residual_knn_model_options;
%ignore residual_knn_info;
%ignore residual_knn_search_options;
%ignore residual_knn_batch;
%ignore residual_knn_statistics;
%ignore residual_knn_helper_options;
%ignore residual_knn_load_options;
%ignore residual_knn_load_options_init;
%ignore residual_knn_model_options_init;
%ignore residual_knn_info_init;
%ignore residual_knn_search_options_init;
%ignore residual_knn_statistics_init;
%ignore residual_knn_helper_options_init;
%ignore residual_knn_index_free;
%ignore residual_knn_last_error;
%ignore residual_knn_weights_options;
%ignore residual_knn_weights_report;
%ignore residual_knn_weights_options_init;
%ignore residual_knn_weights_report_init;
%ignore residual_knn_sparse_weights;
%ignore residual_knn_sparse_weights_int32;
%ignore residual_knn_covariance_options;
%ignore residual_knn_covariance_options_init;

%typemap(in) SEXP %{ $1 = $input; %}
%typemap(out) SEXP %{ $result = $1; %}
%typemap(scoercein) SEXP "";
%typemap(scoerceout) SEXP "";

%inline %{
/* Whether `handle` has an index. It has none after close(), or after it was saved and read again. */
static int handle_is_open(SEXP handle) { return has_index(handle); }

/* The number of searches that use the index (R then runs in a callback of them); negative: it is being updated. */
static int handle_users(SEXP handle) { return has_index(handle) ? handle_holding(handle)->users : 0; }

/* Whether searches can use the index. They cannot after an update that was cancelled or ran out of memory. */
static int handle_is_whole(SEXP handle) {
  return residual_knn_index_factor(handle_index(handle), RESIDUAL_KNN_DIMENSION_MAJOR, NULL, NULL) ==
         RESIDUAL_KNN_OK;
}

static void close_handle(SEXP handle) {
  if (is_handle(handle)) free_handle(handle);
}

/* Keeps the covariance function alive as long as the handle of its index. */
static void set_handle_covariance(SEXP handle, SEXP covariance) {
  if (has_index(handle)) SET_VECTOR_ELT(R_ExternalPtrProtected(handle), 1, covariance);
}
%}

%include "residual_knn.h"
