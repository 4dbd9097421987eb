# SPDX-License-Identifier: Apache-2.0

@testset "an index without V" begin
    points = rand(MersenneTwister(11), 2, 3000)
    inducing = points[:, 1:40]
    stored = ResidualIndex(points; inducing, lengthscales = 0.2)
    v_bytes = 3000 * 40 * 8
    bytes(index) = ResidualKNN.read_info(index).bytes
    without = bytes(stored) - v_bytes
    for settings in ((factor_storage = :computed,), (max_bytes = v_bytes,))
        computed = ResidualIndex(points; inducing, lengthscales = 0.2, settings...)
        @test bytes(computed) == without
        @test same(predecessors(stored, 7), predecessors(computed, 7))
        update!(computed; lengthscales = 0.3)
        @test same(knn(computed, 3), knn(ResidualIndex(points; inducing, lengthscales = 0.3), 3))
    end
    @test_throws ResidualKNNError{:error_out_of_memory} ResidualIndex(points; inducing, lengthscales = 0.2, max_bytes = 1000)
    @test_throws ArgumentError ResidualIndex(points; lengthscales = 0.2, factor_storage = :no)
    @test_throws ArgumentError ResidualIndex(points; lengthscales = 0.2, max_bytes = 0)
    @test_throws ArgumentError update!(stored; max_bytes = 10)
end
