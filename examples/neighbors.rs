//! Finds the nearest predecessors of twelve weather stations, in Rust without a crate. Drop frees the index. A status
//! other than OK becomes an Err.
//!
//!     rustc --edition 2021 $(pkg-config --libs-only-L residual_knn) -l residual_knn neighbors.rs
//!
//! SPDX-License-Identifier: Apache-2.0

use std::ffi::CStr;
use std::mem::{size_of, MaybeUninit};
use std::os::raw::{c_char, c_void};
use std::ptr::{null, null_mut};

/// The part of residual_knn.h that this program uses, with the names of the header.
#[allow(non_camel_case_types)]
mod sys {
    use super::{c_char, c_void};

    pub const RESIDUAL_KNN_OK: i32 = 0;
    pub const RESIDUAL_KNN_MATERN52: i32 = 3;

    #[repr(C)]
    pub struct residual_knn_index {
        opaque: [u8; 0],
    }

    #[repr(C)]
    pub struct residual_knn_model_options {
        pub struct_size: usize,
        pub kernel: i32,
        pub layout: i32,
        pub variance: f64,
        pub nu: f64,
        pub alpha: f64,
        pub nugget: f64,
        pub jitter: f64,
        pub max_jitter: f64,
        pub threads: i32,
        pub concurrent_callback: i32,
        pub progress: Option<unsafe extern "C" fn(*mut c_void, i64, i64) -> i32>,
        pub progress_user: *mut c_void,
        pub factor_error: f64,
    }

    extern "C" {
        pub fn residual_knn_model_options_init(
            options: *mut residual_knn_model_options,
            size: usize,
        );
        pub fn residual_knn_index_create(
            points: *const f64,
            n: i64,
            d: i64,
            lengthscales: *const f64,
            num_lengthscales: i64,
            inducing: *const f64,
            m: i64,
            options: *const residual_knn_model_options,
            index: *mut *mut residual_knn_index,
        ) -> i32;
        pub fn residual_knn_predecessors(
            index: *const residual_knn_index,
            rows: *const i64,
            num_queries: i64,
            options: *const c_void,
            k: i32,
            neighbors: *mut i64,
            distances: *mut f64,
            statistics: *mut c_void,
        ) -> i32;
        pub fn residual_knn_index_free(index: *mut residual_knn_index);
        pub fn residual_knn_last_error() -> *const c_char;
    }
}

const STATIONS: [[f64; 2]; 12] = [
    [12.4, 31.0],
    [78.1, 64.7],
    [45.0, 8.3],
    [91.6, 22.9],
    [23.7, 71.5],
    [56.2, 40.8],
    [5.9, 55.1],
    [67.3, 83.4],
    [34.8, 27.6],
    [82.5, 46.0],
    [49.1, 59.9],
    [18.0, 12.2],
];
const INDUCING_POINTS: [[f64; 2]; 3] = [[20.0, 25.0], [80.0, 35.0], [40.0, 70.0]];
const LENGTHSCALES: [f64; 2] = [40.0, 25.0];
const NUM_NEIGHBORS: usize = 3;

/// Ok, or the library's message for the call that has just failed on this thread.
fn check(status: i32) -> Result<(), String> {
    if status == sys::RESIDUAL_KNN_OK {
        return Ok(());
    }
    let text = unsafe { CStr::from_ptr(sys::residual_knn_last_error()) };
    Err(text.to_string_lossy().into_owned())
}

/// An index of points in the plane.
struct Index {
    handle: *mut sys::residual_knn_index,
    num_points: usize,
}

impl Index {
    fn new(points: &[[f64; 2]], inducing: &[[f64; 2]]) -> Result<Index, String> {
        let mut options = MaybeUninit::<sys::residual_knn_model_options>::uninit();
        let mut options = unsafe {
            sys::residual_knn_model_options_init(
                options.as_mut_ptr(),
                size_of::<sys::residual_knn_model_options>(),
            );
            options.assume_init()
        };
        options.kernel = sys::RESIDUAL_KNN_MATERN52;
        options.variance = 2.5;
        options.nugget = 0.1;
        let mut handle = null_mut();
        check(unsafe {
            sys::residual_knn_index_create(
                points.as_ptr().cast(),
                points.len() as i64,
                2,
                LENGTHSCALES.as_ptr(),
                LENGTHSCALES.len() as i64,
                inducing.as_ptr().cast(),
                inducing.len() as i64,
                &options,
                &mut handle,
            )
        })?;
        Ok(Index {
            handle,
            num_points: points.len(),
        })
    }

    /// For each point, the row numbers of its k nearest predecessors (-1 for none) and the distances.
    fn predecessors(&self, k: usize) -> Result<(Vec<i64>, Vec<f64>), String> {
        let mut neighbors = vec![0; self.num_points * k];
        let mut distances = vec![0.0; self.num_points * k];
        check(unsafe {
            sys::residual_knn_predecessors(
                self.handle,
                null(),
                self.num_points as i64,
                null(),
                k as i32,
                neighbors.as_mut_ptr(),
                distances.as_mut_ptr(),
                null_mut(),
            )
        })?;
        Ok((neighbors, distances))
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        unsafe { sys::residual_knn_index_free(self.handle) }
    }
}

fn main() -> Result<(), String> {
    let (neighbors, distances) =
        Index::new(&STATIONS, &INDUCING_POINTS)?.predecessors(NUM_NEIGHBORS)?;
    println!("query,rank,neighbor,distance");
    for (place, (neighbor, distance)) in neighbors.iter().zip(&distances).enumerate() {
        // The first stations have fewer than three predecessors.
        if *neighbor >= 0 {
            println!(
                "{},{},{},{}",
                place / NUM_NEIGHBORS,
                place % NUM_NEIGHBORS,
                neighbor,
                distance
            );
        }
    }
    Ok(())
}
