# SPDX-License-Identifier: Apache-2.0
# Reference answers on real data: 32,436 ocean measurements, 200 inducing points, Matern 3/2. The folder is
# ../shared beside the project, or RESIDUAL_KNN_SHARED_DIR.

const PROJECT = normpath(joinpath(@__DIR__, "..", "..", ".."))
const REFERENCE = joinpath(get(ENV, "RESIDUAL_KNN_SHARED_DIR", joinpath(PROJECT, "..", "shared")), "reference")

# The numbers of a CSV file with a header; each column has a line of the file.
function read_table(name)
    lines = readlines(joinpath(REFERENCE, "argo2016_$name.csv"))[2:end]
    return reduce(hcat, [parse.(Float64, split(line, ',')) for line in lines])
end

function agrees_with_reference(name, rows, (idxs, dists))
    table = read_table(name)
    places = Dict{Int,Vector{Tuple{Int,Float64}}}()
    for (row, rank, neighbor, distance) in eachcol(table)
        list = get!(() -> Tuple{Int,Float64}[], places, Int(row) + 1)
        length(list) == rank || return false
        push!(list, (Int(neighbor) + 1, distance))
    end
    compared = 0
    for (j, row) in enumerate(rows)
        expected = get(places, row, Tuple{Int,Float64}[])
        for rank in axes(idxs, 1)
            if rank > length(expected)
                idxs[rank, j] == 0 && dists[rank, j] == Inf || return false
                continue
            end
            neighbor, distance = expected[rank]
            abs(dists[rank, j] - distance) < TOLERANCE || return false
            if idxs[rank, j] != neighbor # only a tie may be at another place, or beyond the last one
                place = findfirst(==(idxs[rank, j]), first.(expected))
                tied = place === nothing ? last(expected)[2] : expected[place][2]
                abs(tied - distance) < TOLERANCE || return false
            end
            compared += 1
        end
    end
    return compared > 11_000
end

if isdir(REFERENCE)
    @testset "reference answers" begin
        rows = Int.(vec(read_table("queries"))) .+ 1
        index = ResidualIndex(read_table("points"); lengthscales = [0.1, 0.1, 0.1, 60],
                              inducing = read_table("inducing"), kernel = :matern32, jitter = 1e-8)
        @test agrees_with_reference("all", rows, knn(index, rows, 30))
        @test agrees_with_reference("predecessors", rows, predecessors(index, rows, 30))
    end
else
    @warn "SKIPPED: reference answers: there is no $REFERENCE"
    @testset "reference answers" begin
        @test_skip isdir(REFERENCE)
    end
end
