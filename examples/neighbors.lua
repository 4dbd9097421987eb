-- Finds the nearest predecessors of twelve weather stations, with LuaJIT. Its FFI reads residual_knn.h, so this program
-- declares no type, function or constant of the library.
--
--   luajit neighbors.lua [path of libresidual_knn.so.0 [path of residual_knn.h]]
--
-- SPDX-License-Identifier: Apache-2.0
local ffi = require("ffi")

-- LuaJIT parses C without a preprocessor, so preprocessor lines and C++ code are removed.
local function declare(path)
  local file = assert(io.open(path))
  local header = file:read("*a")
  file:close()
  header = header:gsub("#ifdef __cplusplus.-#endif", ""):gsub("\n#[^\n]*", "\n"):gsub("RESIDUAL_KNN_API", "")
  ffi.cdef(header)
end

local stations = {
  12.4, 31.0, 78.1, 64.7, 45.0, 8.3, 91.6, 22.9, 23.7, 71.5, 56.2, 40.8,
  5.9, 55.1, 67.3, 83.4, 34.8, 27.6, 82.5, 46.0, 49.1, 59.9, 18.0, 12.2,
}
local inducing_points = { 20.0, 25.0, 80.0, 35.0, 40.0, 70.0 }
local lengthscales = { 40.0, 25.0 }
local d = 2
local num_neighbors = 3

declare(arg[2] or "/usr/include/residual_knn.h")
local library = ffi.load(arg[1] or "libresidual_knn.so.0")

local function check(status)
  if status ~= library.RESIDUAL_KNN_OK then
    error(ffi.string(library.residual_knn_last_error()), 0)
  end
end

local function doubles(values)
  return ffi.new("double[?]", #values, values)
end

local options = ffi.new("residual_knn_model_options")
library.residual_knn_model_options_init(options, ffi.sizeof(options))
options.kernel = library.RESIDUAL_KNN_MATERN52
options.variance = 2.5
options.nugget = 0.1

local n = #stations / d
local out = ffi.new("residual_knn_index*[1]")
check(library.residual_knn_index_create(doubles(stations), n, d, doubles(lengthscales), #lengthscales,
  doubles(inducing_points), #inducing_points / d, options, out))
local index = ffi.gc(out[0], library.residual_knn_index_free)

local neighbors = ffi.new("int64_t[?]", n * num_neighbors)
local distances = ffi.new("double[?]", n * num_neighbors)
check(library.residual_knn_predecessors(index, nil, n, nil, num_neighbors, neighbors, distances, nil))

print("query,rank,neighbor,distance")
for place = 0, n * num_neighbors - 1 do
  if neighbors[place] >= 0 then -- the first stations have fewer than three predecessors
    print(("%d,%d,%d,%.17g"):format(math.floor(place / num_neighbors), place % num_neighbors,
      tonumber(neighbors[place]), distances[place]))
  end
end
