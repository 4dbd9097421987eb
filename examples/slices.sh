#!/bin/sh
# Searches a file in two slices, which could run on two machines, and joins their answers. Then the same with a saved index,
# which is made once and not for each slice. Needs residual-knn on the PATH, and python3 with NumPy for the second part.
#
# SPDX-License-Identifier: Apache-2.0
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > stations.csv << 'END'
x,y
12.4,31.0
78.1,64.7
45.0,8.3
91.6,22.9
23.7,71.5
56.2,40.8
5.9,55.1
67.3,83.4
34.8,27.6
82.5,46.0
49.1,59.9
18.0,12.2
END

# All slices must be given the same options.
search() {
  residual-knn neighbors stations.csv --kernel matern52 --lengthscale 40,25 --inducing 3 --predecessors -k 3 --quiet "$@"
}
search -o whole.csv
search -o whole.npy

# CSV: only the first slice has a header line, so the slices one after the other are the whole file.
search --slice 1/2 -o 1.csv
search --slice 2/2 -o 2.csv
cat 1.csv 2.csv > joined.csv
cmp whole.csv joined.csv

# .npy: each slice is an array of its queries.
search --slice 1/2 -o 1.npy
search --slice 2/2 -o 2.npy
python3 - << 'END'
import numpy as np

for name in ("npy", "distances.npy"):
    np.save(f"joined.{name}", np.concatenate([np.load(f"{number}.{name}") for number in (1, 2)]))
END
cmp whole.npy joined.npy
cmp whole.distances.npy joined.distances.npy

# A saved index: the slices are searched at the same time, and share its memory.
residual-knn index stations.csv --kernel matern52 --lengthscale 40,25 --inducing 3 --quiet -o stations.rknn
for number in 1 2; do
  residual-knn neighbors --index stations.rknn --predecessors -k 3 --quiet --slice "$number/2" -o "$number.csv" &
done
wait
cat 1.csv 2.csv | cmp whole.csv -
cat joined.csv
