# SPDX-License-Identifier: Apache-2.0

function same_answers(a, b, new = nothing)
    searches = [index -> knn(index, 5), index -> predecessors(index, 5; ranking = :signed),
                index -> predecessors(index, 4; ranking = :scaled_distance), index -> knn(index, 3; strategy = :dual_tree),
                index -> predecessors(index, 4; selection = :conditional)]
    new === nothing || push!(searches, index -> knn(index, new, 4))
    return all(search -> same(search(a), search(b)), searches) && isequal(residual_factor(a), residual_factor(b))
end

@testset "saved indexes" begin
    random = MersenneTwister(61)
    points, new = rand(random, 2, 400), rand(random, 2, 9)
    loads = (NamedTuple(), (mapped = true,), (mapped = true, verify = true))
    models = ((lengthscales = 0.2,),
              (lengthscales = (0.2, 0.3), inducing = 20, kernel = :matern, nu = 1.1, variance = 2, nugget = 0.1),
              (lengthscales = 0.2, inducing = 20, factor_storage = :computed, kernel = :rational_quadratic, alpha = 0.7),
              (lengthscales = 0.3, inducing = 15, kernel = :matern25_isotropic, jitter = 1e-7, max_jitter = 1e-3),
              (lengthscales = 0.3, inducing = 15, kernel = :SEKernel, max_bytes = 10^9))
    text(index) = sprint(show, MIME("text/plain"), index)
    mktempdir() do folder
        path = joinpath(folder, "Länge ℓ.rknn")
        @testset "$(model) $(how)" for model in models, how in loads
            index = ResidualIndex(points; model...)
            @test save_index(index, path; prepare = isempty(how)) == path
            @test readdir(folder) == [basename(path)]
            loaded = load_index(path; how...)
            @test text(loaded) == text(index)
            @test same_answers(index, loaded, new)
            if index.m > 0
                for change in ((nugget = 0.2,), (lengthscales = 0.25, inducing = points[:, 1:12] .+ 0.001))
                    update!(index; change...)
                    update!(loaded; change...)
                    @test same_answers(index, loaded, new)
                    @test text(loaded) == text(index)
                end
            end
            save_index(loaded, path)
            @test same_answers(load_index(path), index)
            close(loaded)
        end
        @testset "longitude and latitude" begin
            places(n) = [rand(random, 1, n) .* 180 .- 90; rand(random, 1, n); rand(random, 1, n) .* 360 .- 180]
            index = ResidualIndex(places(200); lengthscales = 0.4, inducing = 10, lonlat = (3, 1))
            loaded = load_index(save_index(index, path); mapped = true)
            @test loaded.coordinates == index.coordinates
            @test same_answers(index, loaded, places(7))
        end
        @testset "V and p" begin
            V, p = residual_factor(ResidualIndex(points; lengthscales = 0.3, inducing = 10))
            index = ResidualIndex(points, V, p; lengthscales = 0.3, factor_error = 1e-9)
            loaded = load_index(save_index(index, path))
            @test same_answers(index, loaded)
            @test_throws UnsupportedError update!(loaded; nugget = 1)
            rm(path)
            callback = ResidualIndex((i, j) -> exp.(-abs.(i .- j')), zeros(0, 4), ones(4))
            @test_throws UnsupportedError save_index(callback, path)
            @test isempty(readdir(folder))
        end
        @testset "replaced while it is mapped" begin
            index = ResidualIndex(points; lengthscales = 0.2, inducing = 10)
            loaded = load_index(save_index(index, path); mapped = true)
            save_index(ResidualIndex(points[:, 1:50]; lengthscales = 1), path)
            @test same_answers(index, loaded)
            rm(path)
            @test same_answers(index, loaded)
        end
        @testset "bad files" begin
            save_index(ResidualIndex(points; lengthscales = 0.2, inducing = 10), path)
            whole = read(path)
            fails(code, content; how...) = (write(path, content);
                                            throws_text(() -> load_index(path; how...), ResidualKNNError{code}, path))
            for how in ((mapped = false,), (mapped = true, verify = true))
                @test fails(:error_not_an_index, UInt8[]; how...)
                @test fails(:error_not_an_index, "x,y\n1,2\n"; how...)
                for size in (1, 7, 64, 300, length(whole) - 1)
                    @test fails(:error_corrupt, whole[1:size]; how...)
                end
                @test fails(:error_corrupt, [whole; 0x00]; how...)
                for place in rand(random, 65:length(whole), 10)
                    flipped = copy(whole)
                    flipped[place] ⊻= 0x10
                    @test fails(:error_corrupt, flipped; how...)
                end
            end
            rm(path)
            @test throws_text(() -> load_index(path), FileError, "No such file")
            @test throws_text(() -> save_index(ResidualIndex(points; lengthscales = 1), folder), FileError, "irectory")
            @test throws_text(() -> save_index(ResidualIndex(points; lengthscales = 1), joinpath(path, "x")), FileError,
                              "No such file")
        end
        @testset "wrong arguments" begin
            index = ResidualIndex(points; lengthscales = 1)
            for bad in (nothing, 3, "", "a\0b", :a)
                @test throws_text(() -> save_index(index, bad), ArgumentError, "path is")
                @test throws_text(() -> load_index(bad), ArgumentError, "path is")
            end
            @test_throws ArgumentError save_index(index, path; prepare = 1)
            @test_throws ArgumentError load_index(path; mapped = 1)
            @test_throws ArgumentError load_index(path; verify = "yes")
            @test_throws ArgumentError load_index(path; max_bytes = 0)
            save_index(index, path)
            for (threads, text) in ((-1, "at least 0"), (1025, "at most 1024"), (2^40, "at most 1024")),
                call in (() -> load_index(path; threads = threads), () -> save_index(index, path; threads = threads),
                         () -> save_index(index, path; threads = threads, prepare = false),
                         () -> knn(index, 1; threads = threads), () -> update!(index; threads = threads),
                         () -> ResidualIndex(points; lengthscales = 1, threads = threads),
                         () -> choose_inducing(points, 3; lengthscales = 1, threads = threads))
                @test throws_text(call, ArgumentError, "threads is $threads, must be $text")
            end
            @test load_index(path; threads = 1024).n == size(points, 2)
            @test throws_text(() -> load_index(path; max_bytes = 100), ResidualKNNError{:error_out_of_memory}, "max_bytes is 100")
            close(index)
            @test throws_text(() -> save_index(index, path), ArgumentError, "closed")
        end
        @testset "notes" begin
            index = ResidualIndex(points; lengthscales = 0.2, kernel = :matern25_isotropic)
            function with_note(text, index = index)
                ResidualKNN.run(() -> LibResidualKNN.residual_knn_index_set_note(index, text))
                return load_index(save_index(index, path))
            end
            begins = "residual-knn note 1\n"
            # Python and R have the same tests.
            wrong = (("columns", ("3", "1", "x", "", "nan", "2.0", "2 2", "-2", "1e400", "２", "2_0", "9"^400)),
                     ("lonlat", ("0", "", "nan", "inf", "nan 1", "0 inf", "0.5 1", "0.7", "-1 0", "0 5", "0 0", "1 1 1", "0x0 1")),
                     ("jitter", ("nan", "nan 0", "1e-8", "", "1e-8 inf", "-1 0", "-0.1 0", "1e-8 0 0", "x 0", "1_0 0", "1e999 0")),
                     ("lengthscales", ("nan", "x", "", "0", "-1", "0.2 inf", "0.2,0.3", "0.2 ", "0x1p3")))
            lines_alone = ("columns", "lonlat", "jitter", "lengthscales", "columns 2\ncolumns 2",
                           "kernel matern32\nkernel matern32", "columns 1\nlonlat 0 1", "columns 2\r")
            for lines in [["$key $value" for (key, values) in wrong for value in values]; lines_alone...]
                failure = thrown(() -> with_note(begins * lines * "\n"))
                @test failure isa ResidualKNNError{:error_corrupt}
                @test startswith(failure.message, path * ": the note does not fit the index: ")
                @test occursin(split(lines)[1], failure.message)
            end
            @test throws_text(() -> with_note(begins * "name x\n"), ResidualKNNError{:error_corrupt}, "1 names for 2 columns")
            function jitter(used, line, inducing = 5)
                made = ResidualIndex(points; lengthscales = 0.2, inducing = inducing, jitter = used)
                options = with_note(begins * line * "\n", made).options
                return options.jitter, options.max_jitter
            end
            for line in ("jitter 1e-08 0", "jitter 3e-09 0.001", "jitter 1e-08 1e-07", "jitter 2e-06 0", "future 1")
                @test jitter(1e-6, line) == (1e-6, 0)
            end
            @test jitter(0, "jitter 1e-08 0") == (0, 0)
            for (used, line, given) in ((1e-6, "jitter 1e-06 0", (1e-6, 0)), (1e-6, "jitter 1e-06 0.1", (1e-6, 0.1)),
                                        (10 * (10 * 1e-8), "jitter 1e-08 1e-06", (1e-8, 1e-6)),
                                        (10 * 1e-12, "jitter 0 0.1", (0, 0.1)))
                @test jitter(used, line) == given
            end
            @test jitter(1e-6, "jitter 1e-08 0.1", nothing) == (1e-8, 0.1)
            @test jitter(1e-6, "future 1", nothing) == (1e-8, 0)
            @test jitter(0, "jitter -0.0 0.0") === jitter(0, "jitter -0 -0") === jitter(-0.0, "jitter 0 -0.0") === (0.0, 0.0)
            without = ResidualIndex(points; lengthscales = 0.2, inducing = 5, jitter = -0.0, max_jitter = -0.0)
            @test same_answers(load_index(save_index(without, path)), without)
            @test !occursin(" -0", unsafe_string(LibResidualKNN.residual_knn_index_note(without)))
            for text in ("", "other", begins, begins * "future 1\n", begins * "kernel matern12\nlengthscales 0.2\n",
                         begins * "kernel matern52\nlengthscales 1 2 3\n", begins * "kernel none\nlengthscales 0.2\n")
                @test with_note(text).kernel === :matern52
            end
            kept = "name a\nname b\norder " * join(reverse(0:size(points, 2)-1), " ") * "\n"
            named = with_note(begins * kept)
            update!(named; lengthscales = 0.3)
            @test endswith(unsafe_string(LibResidualKNN.residual_knn_index_note(named)), kept)
        end
    end
end
