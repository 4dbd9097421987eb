# SPDX-License-Identifier: Apache-2.0

on_sphere(lon, lat) = [cos(lat * (π / 180)) * cos(lon * (π / 180)), cos(lat * (π / 180)) * sin(lon * (π / 180)),
                       sin(lat * (π / 180))]

@testset "longitude and latitude" begin
    rng = MersenneTwister(140)
    lon, lat, day = 360 .* rand(rng, 200) .- 180, 180 .* rand(rng, 200) .- 90, 30 .* rand(rng, 200)
    places = permutedims([lon lat])
    sphere = reduce(hcat, on_sphere.(lon, lat))
    dated, timed = [places; day'], [sphere; day']
    scales = [0.3, 0.3, 0.3, 20.0]
    settings = (kernel = :matern52, nugget = 0.02)

    # The same as with points on the sphere.
    inducing = choose_inducing(sphere, 12; lengthscales = 0.3)
    expected = ResidualIndex(sphere; lengthscales = 0.3, inducing = inducing, settings...)
    index = ResidualIndex(places; lengthscales = 0.3, inducing = 12, lonlat = true, settings...)
    @test choose_inducing(places, 12; lengthscales = 0.3, lonlat = true) == inducing
    @test order_points(places; lengthscales = 0.3, lonlat = true) == order_points(sphere; lengthscales = 0.3)
    same_answers(a, b, qa, qb) = same(knn(a, 5), knn(b, 5)) && same(predecessors(a, 5), predecessors(b, 5)) &&
                                 same(knn(a, qa, 5), knn(b, qb, 5)) && same(knn(a, qb, 5), knn(b, qb, 5))
    @test same_answers(index, expected, places[:, 1:9] .+ 0.5, reduce(hcat, on_sphere.(lon[1:9] .+ 0.5, lat[1:9] .+ 0.5)))
    @test knn(index, (10.0, 50.0), 3) == knn(expected, on_sphere(10, 50), 3)
    @test knn(index, [(10, 50), (370 - 10, -90)], 3)[1][:, 1] == knn(index, (10.0, 50.0), 3)[1]
    @test (index.d, index.m) == (3, 12)
    @test occursin("Dimensions: 3, with longitude and latitude (coordinates 1 and 2) as x, y, z",
                   repr(MIME("text/plain"), index))

    # Inducing points in degrees, or on the sphere; lists; other coordinates; another order.
    stations = [0.0 90 180 -90; 0 10 -20 30]
    on = reduce(hcat, on_sphere.(stations[1, :], stations[2, :]))
    for z in (stations, on, collect(eachcol(stations)), [Tuple(c) for c in eachcol(on)])
        other = ResidualIndex(places; lengthscales = 0.3, inducing = z, lonlat = (1, 2), settings...)
        @test same(knn(other, 5), knn(ResidualIndex(sphere; lengthscales = 0.3, inducing = on, settings...), 5))
        update!(index; inducing = z)
        @test same(knn(index, 5), knn(other, 5))
    end
    expected = ResidualIndex(timed; lengthscales = scales, inducing = 15, settings...)
    for (order, lonlat) in (([1, 2, 3], true), ([1, 2, 3], [1, 2]), ([2, 1, 3], (2, 1)), ([3, 1, 2], (2, 3)),
                            ([3, 2, 1], Int8[3, 2]))
        x = dated[order, :]
        index = ResidualIndex(x; lengthscales = scales, inducing = 15, lonlat = lonlat, settings...)
        @test same_answers(index, expected, x[:, 5:20], timed[:, 5:20])
        factor, p = residual_factor(expected)
        own = ResidualIndex(x, factor, p; lengthscales = scales, lonlat = lonlat, kernel = :matern52)
        @test same(knn(own, x[:, 1:4], factor[:, 1:4], p[1:4], 5), knn(ResidualIndex(timed, factor, p;
                   lengthscales = scales, kernel = :matern52), timed[:, 1:4], factor[:, 1:4], p[1:4], 5))
    end
    # Across the date line, and around a pole.
    near = ResidualIndex([179.9 -179.9 0 0 90; 0 0 0 89.9 89.9]; lengthscales = 1, lonlat = true)
    @test knn(near, [1, 2, 4, 5], 1)[1] == [2 1 5 4]

    # Points that are given as x, y and z must be on the sphere; inducing points may lie inside.
    for wrong in ([10.0, 50.0, 0.5], on_sphere(10, 50) .* 0.9, on_sphere(10, 50) .* (1 + 2e-6))
        @test throws_text(() -> knn(near, wrong, 1), ArgumentError, "queries: point 1 has the distance ")
        @test throws_text(() -> knn(near, reshape(wrong, 3, 1), 1), ArgumentError, "of the unit sphere, must have 1:")
    end
    @test throws_text(() -> update!(near; inducing = [0.5 0.9; 0.5 0.9; 0.5 0.9]), ArgumentError,
                      "inducing: point 2 has the distance 1.55")
    @test update!(near; inducing = [0.5 0.1; 0.5 0.3; 0.5 0.2]).m == 2

    make(x; settings...) = ResidualIndex(x; lengthscales = 1, lonlat = true, settings...)
    for (call, T, text) in [
        (() -> make([1.0 2; 3 91]), ArgumentError,
         "points: coordinate 2 of point 2 is 91.0, must be a latitude between -90 and 90 degrees; lonlat takes"),
        (() -> make([1.0 361; 3 9]), ArgumentError, "points: coordinate 1 of point 2 is 361.0, must be a longitude"),
        (() -> make([1.0 NaN; 3 9]), ArgumentError, "points: coordinate 1 of point 2 is NaN, must be finite"),
        (() -> make([1.0 2; 3 9; 0 -Inf]), ArgumentError, "points: coordinate 3 of point 2 is -Inf, must be finite"),
        (() -> make([1.0 2; 3 9]; inducing = reshape([0, -91], 2, 1)), ArgumentError, "inducing: coordinate 2 of point 1"),
        (() -> knn(near, [1 2; 3 95], 1), ArgumentError, "queries: coordinate 2 of point 2 is 95.0"),
        (() -> knn(near, (0.0, 100), 1), ArgumentError, "queries: coordinate 2 of point 1 is 100.0"),
        (() -> make(rand(1, 4)), ArgumentError, "lonlat is true, which means (1, 2); it must be two of the 1 coord"),
        (() -> ResidualIndex(places; lengthscales = 1, lonlat = (1, 3)), ArgumentError, "lonlat is (1, 3); it must be two"),
        (() -> ResidualIndex(places; lengthscales = 1, lonlat = (2, 2)), ArgumentError, "lonlat is (2, 2)"),
        (() -> ResidualIndex(places; lengthscales = 1, lonlat = "lon,lat"), ArgumentError, "lonlat is \"lon,lat\""),
        (() -> ResidualIndex(places; lengthscales = 1, lonlat = 1), ArgumentError, "lonlat is 1, must be true, false"),
        (() -> ResidualIndex(places; lengthscales = [1, 2], lonlat = true), DimensionMismatch,
         "lengthscales has 2 values, must have 1 or 3: for x, y and z on the unit sphere, then"),
        (() -> knn(near, rand(4, 2), 1), DimensionMismatch, "coordinates of queries is 4, must be 2"),
        (() -> update!(near; lonlat = true), ArgumentError, "no keyword lonlat"),
    ]
        @test throws_text(call, T, text)
    end
    @test same(knn(ResidualIndex(places; lengthscales = 9, lonlat = false), 3), knn(ResidualIndex(places; lengthscales = 9), 3))
end
