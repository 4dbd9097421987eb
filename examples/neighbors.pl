#!/usr/bin/env perl
# Finds the nearest predecessors of twelve weather stations, in Perl with FFI::Platypus.
#
#   perl neighbors.pl [path of libresidual_knn.so.0]
#
# SPDX-License-Identifier: Apache-2.0
use strict;
use warnings;

# The fields of residual_knn_model_options in residual_knn.h.
package ModelOptions {
    use FFI::Platypus::Record;

    record_layout_1(
        size_t => 'struct_size',
        sint32 => 'kernel',
        sint32 => 'layout',
        double => 'variance',
        double => 'nu',
        double => 'alpha',
        double => 'nugget',
        double => 'jitter',
        double => 'max_jitter',
        sint32 => 'threads',
        sint32 => 'concurrent_callback',
        opaque => 'progress',
        opaque => 'progress_user',
        double => 'factor_error',
    );
}

package main;
use FFI::Platypus 2.00;

use constant { OK => 0, MATERN52 => 3 };

my @stations = (
    12.4, 31.0, 78.1, 64.7, 45.0, 8.3,  91.6, 22.9, 23.7, 71.5, 56.2, 40.8,
    5.9,  55.1, 67.3, 83.4, 34.8, 27.6, 82.5, 46.0, 49.1, 59.9, 18.0, 12.2,
);
my @inducing_points = (20.0, 25.0, 80.0, 35.0, 40.0, 70.0);
my @lengthscales    = (40.0, 25.0);
my $d               = 2;
my $n               = @stations / $d;
my $num_neighbors   = 3;

my $ffi = FFI::Platypus->new(api => 2, lib => $ARGV[0] // 'libresidual_knn.so.0');
$ffi->mangler(sub { "residual_knn_$_[0]" });
$ffi->type('record(ModelOptions)*' => 'model_options');
$ffi->attach(model_options_init => ['model_options', 'size_t'] => 'void');
$ffi->attach(
    index_create => [qw(double[] sint64 sint64 double[] sint64 double[] sint64 model_options opaque*)] =>
        'sint32');
$ffi->attach(
    predecessors => [qw(opaque opaque sint64 opaque sint32 sint64[] double[] opaque)] => 'sint32');
$ffi->attach(index_free => ['opaque'] => 'void');
$ffi->attach(last_error => []         => 'string');

sub check {
    my ($status) = @_;
    die last_error(), "\n" if $status != OK;
}

my $options = ModelOptions->new;
model_options_init($options, $ffi->sizeof('record(ModelOptions)'));
$options->kernel(MATERN52);
$options->variance(2.5);
$options->nugget(0.1);

my $index;
check(
    index_create(
        \@stations, $n, $d, \@lengthscales, scalar @lengthscales,
        \@inducing_points, @inducing_points / $d, $options, \$index
    )
);
my @neighbors = (0) x ($n * $num_neighbors);
my @distances = (0) x ($n * $num_neighbors);
check(predecessors($index, undef, $n, undef, $num_neighbors, \@neighbors, \@distances, undef));
index_free($index);

print "query,rank,neighbor,distance\n";
for my $place (0 .. $#neighbors) {
    next if $neighbors[$place] < 0;    # the first stations have fewer than three predecessors
    printf "%d,%d,%d,%.17g\n", int($place / $num_neighbors), $place % $num_neighbors,
        $neighbors[$place], $distances[$place];
}
