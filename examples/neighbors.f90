! Finds the nearest predecessors of twelve weather stations, in Fortran 2008 with iso_c_binding. In a Fortran array
! whose first index is the coordinate, the values of one point are contiguous. This is the library's point-major layout.
!
!   gfortran -std=f2008 neighbors.f90 $(pkg-config --libs residual_knn) -o neighbors
!
! SPDX-License-Identifier: Apache-2.0
module residual_knn
  use, intrinsic :: iso_c_binding
  implicit none
  private
  public :: model_options, model_options_init, index_create, index_free, predecessors, error_text, matern52

  enum, bind(c) ! enum residual_knn_kernel
    enumerator :: squared_exponential, matern12, matern32, matern52, matern, rational_quadratic
  end enum

  ! The fields of residual_knn_model_options.
  type, bind(c) :: model_options
    integer(c_size_t) :: struct_size
    integer(c_int32_t) :: kernel
    integer(c_int32_t) :: layout
    real(c_double) :: variance
    real(c_double) :: nu
    real(c_double) :: alpha
    real(c_double) :: nugget
    real(c_double) :: jitter
    real(c_double) :: max_jitter
    integer(c_int32_t) :: threads
    integer(c_int32_t) :: concurrent_callback
    type(c_funptr) :: progress
    type(c_ptr) :: progress_user
    real(c_double) :: factor_error
  end type

  interface
    subroutine model_options_init(options, size) bind(c, name='residual_knn_model_options_init')
      import :: c_size_t, model_options
      type(model_options), intent(out) :: options
      integer(c_size_t), value :: size
    end subroutine

    integer(c_int32_t) function index_create(points, n, d, lengthscales, num_lengthscales, inducing, m, &
        options, index) bind(c, name='residual_knn_index_create')
      import :: c_double, c_int32_t, c_int64_t, c_ptr, model_options
      real(c_double), intent(in) :: points(*), lengthscales(*), inducing(*)
      integer(c_int64_t), value :: n, d, num_lengthscales, m
      type(model_options), intent(in) :: options
      type(c_ptr), intent(inout) :: index
    end function

    ! 32-bit row numbers that count from a base.
    integer(c_int32_t) function predecessors(index, rows, num_queries, options, k, base, missing, neighbors, &
        distances, statistics) bind(c, name='residual_knn_predecessors_int32')
      import :: c_double, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: index, rows, options, statistics
      integer(c_int64_t), value :: num_queries
      integer(c_int32_t), value :: k, base, missing
      integer(c_int32_t), intent(out) :: neighbors(*)
      real(c_double), intent(out) :: distances(*)
    end function

    subroutine index_free(index) bind(c, name='residual_knn_index_free')
      import :: c_ptr
      type(c_ptr), value :: index
    end subroutine

    type(c_ptr) function last_error() bind(c, name='residual_knn_last_error')
      import :: c_ptr
    end function
  end interface

contains

  ! The library's message for the last call that failed.
  function error_text() result(text)
    character(:), allocatable :: text
    character(kind=c_char), pointer :: letters(:)
    integer :: i

    call c_f_pointer(last_error(), letters, [huge(0)])
    text = ''
    i = 1
    do while (letters(i) /= c_null_char)
      text = text // letters(i)
      i = i + 1
    end do
  end function
end module

program neighbors_of_stations
  use, intrinsic :: iso_c_binding
  use, intrinsic :: iso_fortran_env, only: error_unit
  use residual_knn
  implicit none

  integer, parameter :: num_stations = 12, num_neighbors = 3
  integer(c_int32_t), parameter :: missing = 0
  real(c_double), parameter :: stations(2, num_stations) = reshape([real(c_double) :: &
    12.4d0, 31.0d0, 78.1d0, 64.7d0, 45.0d0, 8.3d0, 91.6d0, 22.9d0, 23.7d0, 71.5d0, 56.2d0, 40.8d0, &
    5.9d0, 55.1d0, 67.3d0, 83.4d0, 34.8d0, 27.6d0, 82.5d0, 46.0d0, 49.1d0, 59.9d0, 18.0d0, 12.2d0], &
    [2, num_stations])
  real(c_double), parameter :: inducing_points(2, 3) = reshape([real(c_double) :: &
    20.0d0, 25.0d0, 80.0d0, 35.0d0, 40.0d0, 70.0d0], [2, 3])
  real(c_double), parameter :: lengthscales(2) = [40.0d0, 25.0d0]

  type(model_options) :: options
  type(c_ptr) :: index
  integer(c_int32_t) :: neighbors(num_neighbors, num_stations)
  real(c_double) :: distances(num_neighbors, num_stations)
  integer :: row, rank

  call model_options_init(options, c_sizeof(options))
  options%kernel = matern52
  options%variance = 2.5d0
  options%nugget = 0.1d0

  index = c_null_ptr
  call check(index_create(stations, size(stations, 2, c_int64_t), size(stations, 1, c_int64_t), lengthscales, &
    size(lengthscales, kind=c_int64_t), inducing_points, size(inducing_points, 2, c_int64_t), options, index))
  call check(predecessors(index, c_null_ptr, int(num_stations, c_int64_t), c_null_ptr, num_neighbors, 1, missing, &
    neighbors, distances, c_null_ptr))
  call index_free(index)

  ! Rows count from 1 here. The examples print rows counted from 0.
  print '(a)', 'query,rank,neighbor,distance'
  do row = 1, num_stations
    do rank = 1, num_neighbors
      if (neighbors(rank, row) == missing) exit ! the first stations have fewer than three predecessors
      print '(i0,",",i0,",",i0,",",es22.16)', row - 1, rank - 1, neighbors(rank, row) - 1, distances(rank, row)
    end do
  end do

contains

  subroutine check(status)
    integer(c_int32_t), intent(in) :: status

    if (status /= 0) then
      write (error_unit, '(a)') error_text()
      stop 1
    end if
  end subroutine
end program
