"""Every wrong input gives one clear line on standard error, a non-zero exit code, and no output."""

import gzip
import io

import numpy as np

import cli_support

GOOD = "x,y\n" + "".join(f"{i},{i * i % 7}.5\n" for i in range(12))
ROWS = "row\n0\n5\n"


def npy(array, **keywords):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asarray(array), **keywords)
    return stream.getvalue()


def npy_with(description, data=b"", version=b"\x01\x00"):
    text = description.encode() + b"\n"
    length = len(text).to_bytes(2 if version[0] == 1 else 4, "little")
    return b"\x93NUMPY" + version + length + text + data


GOOD_NPY = npy(np.arange(24.0).reshape(12, 2))
NPY_DESCRIPTION = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }"


def floats_with(place, value):
    array = np.arange(24.0).reshape(12, 2)
    array[place] = value
    return array


# The content of points.csv, and what the message must contain besides "points.csv".
BAD_CSV = [
    ("text cell", "x,y\n1,2\n3,abc\n", ["line 3, column 2 'y'", "'abc' is not a number"]),
    ("text in the first column", "x,y\n1,2\na3,4\n", ["line 3, column 1 'x'", "'a3'"]),
    ("number with a tail", "x,y\n1,2\n3,4z\n", ["line 3, column 2 'y'", "'4z'"]),
    ("two numbers in a cell", "x,y\n1 1,2\n", ["line 2, column 1 'x'", "'1 1'"]),
    ("hexadecimal", "x,y\n1,0x10\n", ["line 2, column 2 'y'", "'0x10'"]),
    ("decimal comma", 'x,y\n1,"2,5"\n', ["line 2, column 2 'y'", "'2,5'"]),
    ("two signs", "x,y\n1,+-2\n", ["line 2, column 2 'y'", "'+-2'"]),
    ("missing value of R", "x,y\n1,NA\n", ["line 2, column 2 'y'", "'NA'"]),
    ("empty cell", "x,y\n1,2\n3,\n", ["line 3, column 2 'y'", "is empty"]),
    ("quoted empty cell", 'x,y\n"",2\n', ["line 2, column 1 'x'", "is empty"]),
    ("short row", "x,y\n1,2\n3\n5,6\n", ["line 3, column 2 'y'", "missing", "1 cells"]),
    ("long row", "x,y\n1,2\n3,4,5\n", ["line 3, column 3", "3 cells"]),
    ("comma at the end", "x,y\n1,2,\n", ["line 2, column 3", "3 cells"]),
    ("empty file", "", ["line 1", "empty"]),
    ("only a byte order mark", "\ufeff", ["line 1", "empty"]),
    ("only line ends", "\n\n", ["line 1", "empty"]),
    ("no rows", "x,y\n", ["no rows"]),
    ("blank line", "x,y\n1,2\n\n3,4\n", ["line 3", "blank"]),
    ("blank first line", "\nx,y\n1,2\n", ["line 1", "blank"]),
    ("blank line of a narrow table", "x\r\n1\r\n\r\n\r\n3\r\n", ["line 3", "blank"]),
    ("NaN", "x,y\n1,2\n3,nan\n", ["line 3, column 2 'y'", "NaN"]),
    ("signed NaN", "x,y\n1,-NaN\n", ["line 2, column 2 'y'", "NaN"]),
    ("infinity", "x,y\n1,2\n3,inf\n", ["line 3, column 2 'y'", "infinite"]),
    ("negative infinity", "x,y\n-Infinity,2\n", ["line 2, column 1 'x'", "infinite"]),
    ("beyond a double", "x,y\n1,1e999\n", ["line 2, column 2 'y'", "range"]),
    ("below a double", "x,y\n1,1e-999\n", ["line 2, column 2 'y'", "range"]),
    ("after carriage returns", "x,y\r1,2\r3,abc\r", ["line 3, column 2 'y'", "'abc'"]),
    ("after \\r\\n", "x,y\r\n1,2\r\n3,abc\r\n", ["line 3, column 2 'y'", "'abc'"]),
    ("quote never closed", 'x,y\n1,2\n3,"4\n5,6\n', ["line 3", "never closed"]),
    ("quote in a cell", 'x,y\n1,2\n3,4"5\n', ["line 3", "quote"]),
    ("header of numbers", "1,2\n3,4\n5,6\n", ["line 1", "name the columns", "--no-header"]),
    ("column without a name", ',x\n1,2\n2,3\n', ["line 1", "column 1 has no name"]),
    ("two columns of one name", "x,x\n1,2\n", ["line 1", "two columns are called 'x'"]),
    ("long cell", "x,y\n1," + "z" * 500 + "\n", ["line 2, column 2 'y'", "z...'"]),
    ("control characters", "x,y\n1,\"a\n\x1bb\"\n", ["line 2, column 2 'y'", "'a??b'"]),
    ("NUL bytes", "x,y\n1,2\x00\n", ["line 2, column 2 'y'", "not a number"]),
    ("bytes of another kind of file", b"PK\x03\x04\xff\xfe\x00\x00", ["zip"]),
    ("UTF-16", "x,y\n1,2\n".encode("utf-16"), ["UTF-16", "iconv"]),
    ("damaged gzip", b"\x1f\x8b\x08\x00" + b"\x00" * 6 + b"\xff" * 30, ["gzip"]),
    ("gzip cut off", gzip.compress(GOOD.encode())[:-12], ["gzip"]),
]

# The content of points.npy, and what the message must contain besides "points.npy".
BAD_NPY = [
    ("NaN", npy(floats_with((3, 1), np.nan)), ["row 3, column 1", "NaN"]),
    ("infinity", npy(floats_with((11, 0), -np.inf)), ["row 11, column 0", "infinite"]),
    ("NaN in Fortran order", npy(np.asfortranarray(floats_with((3, 1), np.nan))),
     ["row 3, column 1", "NaN"]),
    ("NaN in float32", npy(floats_with((3, 1), np.nan).astype("f4")), ["row 3, column 1", "NaN"]),
    ("integer without a double", npy(np.array([[1], [2**53 + 1]])), ["row 1, column 0", "double"]),
    ("integer between doubles", npy(np.array([[1], [2**62 + 1]])), ["row 1, column 0", "double"]),
    ("largest integer", npy(np.array([[1], [2**63 - 1]])), ["row 1, column 0", "double"]),
    ("largest unsigned integer", npy(np.array([[2**64 - 1], [1]], "u8")),
     ["row 0, column 0", "18446744073709551615", "double"]),
    ("complex", npy(np.ones((3, 2), complex)), ["'<c16'", "complex", "supported are"]),
    ("long double", npy(np.ones((3, 2), np.longdouble)), ["'<f16'", "long double"]),
    ("boolean", npy(np.ones((3, 2), bool)), ["'|b1'", "truth"]),
    ("dates", npy(np.array(["2020-01-01", "2020-01-02"], "M8[ns]")), ["'<M8[ns]'", "dates"]),
    ("time differences", npy(np.array([1, 2], "m8[s]")), ["'<m8[s]'", "time differences"]),
    ("bytes", npy(np.array([b"a", b"b"])), ["'|S1'", "text"]),
    ("infinite half", npy(np.array([[1, np.inf]], "f2")), ["row 0, column 1", "infinite"]),
    ("NaN half, big-endian", npy(np.array([[1, np.nan]], ">f2")), ["row 0, column 1", "NaN"]),
    ("odd size", npy_with(NPY_DESCRIPTION % ("<i3", "(0, 2)")), ["'<i3'"]),
    ("no size", npy_with(NPY_DESCRIPTION % ("<f", "(0, 2)")), ["'<f'"]),
    ("text", npy(np.array([["a", "b"]])), ["'<U1'"]),
    ("records", npy(np.zeros(3, [("x", "f8"), ("y", "f8")])), ["records"]),
    ("objects", npy(np.array([[None]], object)), ["'|O'"]),
    ("no dimension", npy(np.float64(3)), ["0 dimensions"]),
    ("three dimensions", npy(np.ones((2, 2, 2))), ["3 dimensions"]),
    ("no rows", npy(np.ones((0, 2))), ["no rows"]),
    ("no columns", npy(np.ones((2, 0))), ["no columns"]),
    ("cut off", GOOD_NPY[:-1], ["shorter"]),
    ("too long", GOOD_NPY + b"\x00", ["longer"]),
    ("header cut off", GOOD_NPY[:40], ["header"]),
    ("length cut off", GOOD_NPY[:9], ["header"]),
    ("not .npy", GOOD.encode(), ["\\x93NUMPY"]),
    ("empty", b"", ["\\x93NUMPY"]),
    ("unknown version", npy_with(NPY_DESCRIPTION % ("<f8", "(0, 2)"), version=b"\x04\x00"),
     ["4.0"]),
    ("enormous shape", npy_with(NPY_DESCRIPTION % ("<f8", "(100000000000, 2)"), b"\x00" * 64),
     ["shorter"]),
    ("enormous zipped shape",
     gzip.compress(npy_with(NPY_DESCRIPTION % ("<f8", "(100000000000, 2)"), b"\x00" * 64)),
     ["shorter"]),
    ("overflowing shape",
     npy_with(NPY_DESCRIPTION % ("<f8", "(4294967296, 4294967296, )"), b"\x00" * 64),
     ["too large"]),
    ("absurd size", npy_with(NPY_DESCRIPTION % ("<f8", "(99999999999999999999, 2)")),
     ["expected a size"]),
    ("negative size", npy_with(NPY_DESCRIPTION % ("<f8", "(-1, 2)")), ["expected a size"]),
    ("points in columns", npy_with(NPY_DESCRIPTION % ("<f8", "(0, 2000000)")),
     ["2000000 columns"]),
    ("no dictionary", npy_with("[1, 2]"), ["damaged"]),
    ("no shape", npy_with("{'descr': '<f8', 'fortran_order': False}"), ["missing"]),
    ("unknown key", npy_with("{'descr': '<f8', 'color': False}"), ["'color'"]),
    ("strange truth", npy_with("{'fortran_order': Maybe}"), ["True or False"]),
    ("text behind", npy_with((NPY_DESCRIPTION % ("<f8", "(0, 2)")) + " 7"), ["after the end"]),
    ("open string", npy_with("{'descr"), ["does not end"]),
]

# Further files, the options, and what the message must contain. points.csv is GOOD.
BAD_OPTIONS = [
    ("no subcommand", {}, None, [], ["neighbors, index or info"]),
    ("unknown subcommand", {}, None, ["frobnicate"], ["frobnicate"]),
    ("no points", {}, None, ["neighbors"], ["POINTS"]),
    ("two points", {}, "points.csv", ["another.csv"], ["another.csv"]),
    ("unknown option", {}, "points.csv", ["--frobnicate"], ["--frobnicate"]),
    ("points not there", {}, "nowhere.csv", [], ["nowhere.csv", "No such file"]),
    ("points are a folder", {}, ".", [], [".: ", "directory"]),
    ("no name of points", {}, "", [], ["POINTS", "empty"]),
    ("unknown kernel", {}, "points.csv", ["--kernel", "matern42"],
     ["--kernel", "'matern42'", "squared-exponential", "matern12", "matern32", "matern52",
      "rational-quadratic"]),
    ("kernel of a number", {}, "points.csv", ["--kernel", "1"], ["--kernel", "'1'"]),
    ("unknown order", {}, "points.csv", ["--predecessors", "--order", "maxmin"],
     ["--order", "'maxmin'", "given", "random", "maximin", "residual-maximin"]),
    ("unknown ranking", {}, "points.csv", ["--ranking", "euclidean"],
     ["--ranking", "'euclidean'", "absolute", "signed", "scaled-distance"]),
    ("two rankings", {}, "points.csv", ["--ranking", "absolute", "--signed"], ["--signed", "--ranking"]),
    ("unknown inducing method", {}, "points.csv", ["--inducing-method", "grid"],
     ["--inducing-method", "'grid'", "kmeans", "random"]),
    ("k of zero", {}, "points.csv", ["-k", "0"], ["-k", "'0'"]),
    ("negative k", {}, "points.csv", ["-k", "-3"], ["-k", "'-3'"]),
    ("k beyond 32 bits", {}, "points.csv", ["-k", "2147483648"], ["-k", "'2147483648'"]),
    ("k not whole", {}, "points.csv", ["-k", "2.5"], ["-k", "'2.5'"]),
    ("k of text", {}, "points.csv", ["-k", "many"], ["-k", "'many'"]),
    ("k without a value", {}, "points.csv", ["-k"], ["-k"]),
    ("k twice", {}, "points.csv", ["-k", "1", "-k", "2"], ["-k"]),
    ("base of two", {}, "points.csv", ["--base", "2"], ["--base", "'2'"]),
    ("negative seed", {}, "points.csv", ["--seed", "-1"], ["--seed", "'-1'"]),
    ("negative threads", {}, "points.csv", ["--threads", "-1"], ["--threads", "'-1'"]),
    ("too many threads", {}, "points.csv", ["--threads", "1025"], ["--threads", "'1025'"]),
    ("variance of zero", {}, "points.csv", ["--variance", "0"], ["--variance", "positive"]),
    ("variance of text", {}, "points.csv", ["--variance", "big"], ["--variance", "'big'"]),
    ("infinite variance", {}, "points.csv", ["--variance", "inf"], ["--variance", "infinite"]),
    ("negative nugget", {}, "points.csv", ["--nugget", "-0.5"], ["--nugget", "negative"]),
    ("NaN jitter", {}, "points.csv", ["--jitter", "nan"], ["--jitter", "NaN"]),
    ("negative jitter ceiling", {}, "points.csv", ["--max-jitter", "-1"], ["--max-jitter"]),
    ("nu of zero", {}, "points.csv", ["--kernel", "matern", "--nu", "0"], ["--nu", "positive"]),
    ("nu too large", {}, "points.csv", ["--kernel", "matern", "--nu", "1e6"], ["--nu", "50"]),
    ("nu without its kernel", {}, "points.csv", ["--nu", "2"], ["--nu", "--kernel matern"]),
    ("alpha without its kernel", {}, "points.csv", ["--alpha", "2"],
     ["--alpha", "--kernel rational-quadratic"]),
    ("weights' jitter without weights", {}, "points.csv", ["--weights-jitter", "1e-6"],
     ["--weights-jitter", "is for --weights and --variances only"]),
    ("order that nothing uses", {}, "points.csv", ["--order", "maximin"],
     ["--order", "is for --predecessors and --write-order only"]),
    ("residual order that nothing uses", {}, "points.csv", ["--order", "residual-maximin"],
     ["--order", "is for --predecessors and --write-order only"]),
    ("seed that nothing uses", {"z.csv": "x,y\n1,2\n"}, "points.csv",
     ["--inducing-points", "z.csv", "--seed", "3"],
     ["--seed", "is for choosing inducing points and for --order random only"]),
    ("jitter ceiling below the jitter", {}, "points.csv", ["--jitter", "1e-6", "--max-jitter", "1e-7"],
     ["--max-jitter", "is 1e-07, less than --jitter, 1e-06"]),
    ("negative alpha", {}, "points.csv", ["--kernel", "rational-quadratic", "--alpha", "-2"],
     ["--alpha", "positive"]),
    ("lengthscale of zero", {}, "points.csv", ["--lengthscale", "1,0"], ["--lengthscale", "'0'"]),
    ("lengthscale of text", {}, "points.csv", ["--lengthscale", "1,long"],
     ["--lengthscale", "'long'"]),
    ("empty lengthscale", {}, "points.csv", ["--lengthscale", "1,,2"],
     ["--lengthscale", "empty"]),
    ("no lengthscales", {}, "points.csv", ["--lengthscale", ""], ["--lengthscale"]),
    ("too many lengthscales", {}, "points.csv", ["--lengthscale", "1,2,3"],
     ["--lengthscale", "3 values", "2 coordinates", "x, y", "give 1 or 2"]),
    ("lengthscales of columns, not coordinates", {}, "points.csv",
     ["--lonlat", "x,y", "--lengthscale", "1,2"],
     ["--lengthscale", "2 values", "3 coordinates", "z of x,y"]),
    ("missing column", {}, "points.csv", ["--columns", "x,z"],
     ["points.csv: line 1", "no column 'z'", "'x', 'y'"]),
    ("column twice", {}, "points.csv", ["--columns", "x,x"], ["--columns", "'x'", "twice"]),
    ("nameless column", {}, "points.csv", ["--columns", "x,"], ["--columns", "empty name"]),
    ("no columns at all", {}, "points.csv", ["--columns", ""],
     ["--columns", "empty", "--lonlat"]),
    ("text chosen beside longitude and latitude", {"p.csv": "lon,lat,name\n1,2,Bonn\n"}, "p.csv",
     ["--lonlat", "lon,lat", "--columns", "name"],
     ["p.csv: line 2, column 3 'name'", "'Bonn' is not a number"]),
    ("text among the columns", {"p.csv": "x,name\n1,Bonn\n"}, "p.csv", [],
     ["p.csv: line 2, column 2 'name'", "'Bonn' is not a number", "--columns chooses"]),
    ("text as longitude", {"p.csv": "lon,lat\n1,2\neast,2\n"}, "p.csv",
     ["--lonlat", "lon,lat"], ["p.csv: line 3, column 1 'lon': 'east' is not a number\n"]),
    ("strategy of old", {}, "points.csv", ["--strategy", "brute-force"],
     ["--strategy", "'brute-force'", "|".join(cli_support.STRATEGIES)]),
    ("no strategy", {}, "points.csv", ["--strategy", ""], ["--strategy", "brute_force"]),
    ("bad quotes in columns", {}, "points.csv", ["--columns", '"x'], ["--columns", "quote"]),
    ("one name for two", {}, "points.csv", ["--lonlat", "x"], ["--lonlat", "two names"]),
    ("three names for two", {}, "points.csv", ["--lonlat", "x,y,z"], ["--lonlat", "two names"]),
    ("missing longitude", {}, "points.csv", ["--lonlat", "lon,y"],
     ["points.csv: line 1", "no column 'lon'"]),
    ("column and longitude", {}, "points.csv", ["--lonlat", "x,y", "--columns", "x"],
     ["--lonlat", "'x'", "twice"]),
    ("latitude beyond the pole", {"p.csv": "lon,lat\n1,2\n3,90.5\n"}, "p.csv",
     ["--lonlat", "lon,lat"], ["p.csv: line 3, column 2 'lat'", "90.5"]),
    ("longitude beyond reason", {"p.csv": "t,lat,lon\n1,2,3\n3,4,-361\n"}, "p.csv",
     ["--lonlat", "lon,lat"], ["p.csv: line 3, column 3 'lon'", "-361", "modulo 360"]),
    ("most points far from the others", {"p.csv": "x,y\n1,2\n3,1e150\n4,1e150\n5,1e150\n"},
     "p.csv", ["--lengthscale", "3"],
     ["row 0 is 2, more than 1e140 lengthscales from other points, for example from 1e+150 (lengthscale 3)"]),
    ("points far from the others, for their lengthscale", {}, "points.csv",
     ["--lengthscale", "1e-200"], ["more than 1e140 lengthscales from other points, for example from ", "(lengthscale 1e-200)"]),
    ("latitude beyond, .npy", {"p.npy": np.array([[0.0, 0], [1, -91]])}, "p.npy",
     ["--lonlat", "0,1"], ["p.npy: row 1, column 1", "-91"]),
    ("missing column of .npy", {"p.npy": np.ones((3, 2))}, "p.npy", ["--columns", "2"],
     ["p.npy", "no column '2'"]),
    ("inducing of text", {}, "points.csv", ["--inducing", "x"], ["--inducing", "'x'"]),
    ("negative inducing", {}, "points.csv", ["--inducing", "-1"], ["--inducing", "'-1'"]),
    ("inducing beyond the points", {}, "points.csv", ["--inducing", "13"],
     ["--inducing", "13", "12 points", "points.csv"]),
    ("inducing beyond the distinct points", {"p.csv": "x\n" + "1\n2\n" * 5}, "p.csv",
     ["--inducing", "3"], ["p.csv: --inducing: m is 3", "2 distinct"]),
    ("inducing twice over", {"z.csv": GOOD}, "points.csv",
     ["--inducing", "3", "--inducing-points", "z.csv"], ["--inducing", "--inducing-points"]),
    ("method of given inducing points", {"z.csv": GOOD}, "points.csv",
     ["--inducing-method", "random", "--inducing-points", "z.csv"],
     ["--inducing-method", "--inducing-points"]),
    ("inducing points not there", {}, "points.csv", ["--inducing-points", "z.csv"],
     ["z.csv", "No such file"]),
    ("no inducing points", {"z.csv": "x,y\n"}, "points.csv", ["--inducing-points", "z.csv"],
     ["z.csv", "no rows"]),
    ("inducing points without a column", {"z.csv": "x,z\n1,2\n"}, "points.csv",
     ["--inducing-points", "z.csv"], ["z.csv: line 1", "no column 'y'"]),
    ("text among inducing points", {"z.csv": "y,x\n1,2\n3,?\n"}, "points.csv",
     ["--inducing-points", "z.csv"], ["z.csv: line 3, column 2 'x'", "'?'"]),
    ("inducing points of another width", {"z.npy": np.ones((2, 3))}, "points.csv",
     ["--inducing-points", "z.npy"], ["z.npy", "3 columns", "'x', 'y'"]),
    ("duplicate inducing points", {"z.csv": "x,y\n1,2\n5,6\n1,2\n"}, "points.csv",
     ["--inducing-points", "z.csv", "--jitter", "0"], ["z.csv", "not positive definite"]),
    ("queries not there", {}, "points.csv", ["--queries", "q.csv"], ["q.csv", "No such file"]),
    ("empty queries", {"q.csv": ""}, "points.csv", ["--queries", "q.csv"],
     ["q.csv: line 1", "empty"]),
    ("query beyond the rows", {"q.csv": "row\n0\n12\n"}, "points.csv", ["--queries", "q.csv"],
     ["q.csv: line 3, column 1 'row'", "no row 12", "from 0 to 11"]),
    ("query beyond the rows from 1", {"q.csv": "row\n12\n13\n"}, "points.csv",
     ["--queries", "q.csv", "--base", "1"],
     ["q.csv: line 3, column 1 'row'", "no row 13", "from 1 to 12"]),
    ("query before the first", {"q.csv": "row\n0\n"}, "points.csv",
     ["--queries", "q.csv", "--base", "1"], ["q.csv: line 2", "no row 0", "from 1 to 12"]),
    ("negative query", {"q.csv": "row\n3\n-1\n"}, "points.csv", ["--queries", "q.csv"],
     ["q.csv: line 3", "no row -1"]),
    ("enormous query", {"q.csv": "row\n1e300\n"}, "points.csv", ["--queries", "q.csv"],
     ["q.csv: line 2", "no row 1e+300"]),
    ("query not whole", {"q.csv": "note,row\nx,3\ny,2.5\n"}, "points.csv",
     ["--queries", "q.csv"], ["q.csv: line 3, column 2 'row'", "2.5", "whole"]),
    ("query of text", {"q.csv": "row\n3\nfour\n"}, "points.csv", ["--queries", "q.csv"],
     ["q.csv: line 3, column 1 'row'", "'four'"]),
    ("queries after quoted lines", {"q.csv": 'note,row\n"a\nb",3\n"c\r\nd",99\n'}, "points.csv",
     ["--queries", "q.csv"], ["q.csv: line 4, column 2 'row'", "no row 99"]),
    ("two columns of queries", {"q.csv": "a,b\n1,2\n"}, "points.csv", ["--queries", "q.csv"],
     ["q.csv: line 1", "2 columns", "'row'"]),
    ("query of .npy", {"q.npy": np.array([3, 12])}, "points.csv", ["--queries", "q.npy"],
     ["q.npy: row 1, column 0", "no row 12"]),
    ("wide queries of .npy", {"q.npy": np.ones((2, 2), int)}, "points.csv",
     ["--queries", "q.npy"], ["q.npy", "2 columns"]),
    ("new points not there", {}, "points.csv", ["--new-points", "n.csv"],
     ["n.csv", "No such file"]),
    ("new points without a column", {"n.csv": "x\n1\n"}, "points.csv", ["--new-points", "n.csv"],
     ["n.csv: line 1", "no column 'y'"]),
    ("NaN among new points", {"n.csv": "x,y\n1,2\nnan,3\n"}, "points.csv",
     ["--new-points", "n.csv"], ["n.csv: line 3, column 1 'x'", "NaN"]),
    ("new points and queries", {"n.csv": GOOD, "q.csv": ROWS}, "points.csv",
     ["--new-points", "n.csv", "--queries", "q.csv"], ["--queries", "--new-points"]),
    ("new points and predecessors", {"n.csv": GOOD}, "points.csv",
     ["--new-points", "n.csv", "--predecessors"], ["--predecessors", "--new-points"]),
    ("statistics into nowhere", {}, "points.csv", ["--stats", "nowhere/s.json"],
     ["nowhere/s.json", "No such file"]),
    ("statistics over the answer", {}, "points.csv", ["-o", "out.txt", "--stats", "out.txt"],
     ["--stats", "out.txt", "--output"]),
    ("statistics over the answer, spelled otherwise", {}, "points.csv",
     ["-o", "out.txt", "--stats", "./out.txt"], ["--stats", "out.txt"]),
    ("statistics over the points", {"p.txt": GOOD}, "p.txt", ["--stats", "p.txt"],
     ["p.txt", "input file"]),
    ("statistics as a table", {}, "points.csv", ["--stats", "s.xlsx"], ["s.xlsx", ".json"]),
    ("order over the answer", {}, "points.csv", ["--write-order", "./out.csv"],
     ["--write-order", "out.csv", "--output"]),
    ("order over the points", {}, "points.csv", ["--write-order", "points.csv"],
     ["points.csv", "input file"]),
    ("inducing points over the order", {}, "points.csv",
     ["--write-inducing", "o.csv", "--write-order", "o.csv"],
     ["--write-order", "o.csv", "--write-inducing"]),
    ("order into nowhere", {}, "points.csv", ["--write-order", "nowhere/o.csv"],
     ["nowhere/o.csv", "No such file"]),
    ("order as a workbook", {}, "points.csv", ["--write-order", "o.xlsx"], ["o.xlsx", ".npy"]),
    ("inducing points as a workbook", {}, "points.csv", ["--write-inducing", "z.ods"], ["z.ods"]),
]

# The name of the output, and what the message must contain.
BAD_OUTPUTS = [
    ("folder not there", "nowhere/out.csv", ["nowhere/out.csv", "No such file"]),
    ("a folder", "folder", ["folder", "directory"]),
    ("in a file", "points.csv/out.csv", ["points.csv/out.csv", "Not a directory"]),
    ("over the points", "points.csv", ["points.csv", "input file"]),
    ("over the points by another name", "./folder/../points.csv", ["points.csv", "input file"]),
    ("a workbook", "out.xlsx", [".xlsx", ".csv.gz"]),
    ("columns", "out.PARQUET", [".parquet"]),
    ("an object of R", "out.rds", [".rds"]),
    ("packed otherwise", "out.csv.xz", [".xz"]),
    ("tabs", "out.tsv", [".tsv"]),
    ("zipped, of what", "out.gz", [".gz"]),
    ("zipped .npy", "out.npy.gz", [".npy.gz"]),
    ("zipped JSON", "out.json.gz", [".json.gz"]),
    ("no name", "", ["--output", "empty"]),
    (".npy, folder not there", "nowhere/out.npy", ["nowhere/out.npy", "No such file"]),
    (".npy, distances in the way", "taken.npy", ["taken.distances.npy", "directory"]),
    ("full device", "/dev/full", ["/dev/full", "No space left"]),
    ("device of nobody", "/proc/none/out.csv", ["/proc/none/out.csv"]),
    ("name too long", "n" * 300, ["File name too long"]),
]


class BadInputTest(cli_support.ProgramTest):

    def assert_refused(self, arguments, fragments):
        before = {name: (self.folder / name).read_bytes() for name in self.file_names()
                  if (self.folder / name).is_file()}
        names = self.file_names()
        result = self.run_program(*arguments)
        error = "".join(line for line in result.stderr.decode("utf-8").splitlines(True)
                        if not line.startswith(cli_support.NOTES))
        self.assertIn(result.returncode, (1, 2), error)
        self.assertEqual(result.stdout, b"")
        self.assertTrue(error.startswith("residual-knn: error: "), error)
        self.assertEqual(error.count("\n"), 1, error)
        self.assertTrue(error.endswith("\n"), error)
        for fragment in fragments:
            self.assertIn(fragment, error)
        self.assertEqual(self.file_names(), names)
        for name, content in before.items():
            self.assertEqual((self.folder / name).read_bytes(), content, name)

    def assert_all_refused(self, cases):
        """`cases` yields a name, files, arguments and fragments. Each is run without and with an
        output file that exists already and must not change."""
        for name, files, arguments, fragments in cases:
            for exists in (False, True):
                with self.subTest(case=name, output_exists=exists):
                    for file_name, content in files.items():
                        self.file(file_name, content)
                    if exists:
                        self.file("out.csv", "precious")
                    self.assert_refused(arguments, fragments)
                    for path in self.folder.iterdir():
                        path.unlink()

    def test_csv(self):
        self.assert_all_refused(
            (name, {"points.csv": content}, ["neighbors", "points.csv", "-o", "out.csv"],
             ["points.csv", *fragments]) for name, content, fragments in BAD_CSV)

    def test_lines_after_quoted_line_ends(self):
        for end in ("\n", "\r\n", "\r"):
            text = end.join(["x,name,y", '1,"a', 'b",2', '3,"c', "", 'd",oops', ""])
            with self.subTest(end=repr(end)):
                self.file("points.csv", text)
                self.assert_refused(
                    ["neighbors", "points.csv", "--columns", "x,y", "-o", "out.csv"],
                    ["points.csv: line 6, column 3 'y'", "'oops'"])

    def test_line_far_down(self):
        # Beyond any buffer.
        lines = ["x,y"] + [f"{i},{i}.5" for i in range(200000)]
        lines[123456] = "7,none"
        self.file("points.csv", "\n".join(lines))
        self.assert_refused(["neighbors", "points.csv", "-o", "out.csv"],
                            ["points.csv: line 123457, column 2 'y'", "'none'"])

    def test_npy(self):
        self.assert_all_refused(
            (name, {"points.npy": content}, ["neighbors", "points.npy", "-o", "out.csv"],
             ["points.npy", *fragments]) for name, content, fragments in BAD_NPY)

    def test_options(self):
        def cases():
            for name, files, points, options, fragments in BAD_OPTIONS:
                output = [] if "-o" in options else ["-o", "out.csv"]
                start = [] if points is None else ["neighbors", points, *output]
                yield name, {"points.csv": GOOD, **files}, start + options, fragments

        self.assert_all_refused(cases())

    def test_outputs(self):
        for name, output, fragments in BAD_OUTPUTS:
            with self.subTest(case=name):
                self.file("points.csv", GOOD)
                (self.folder / "folder").mkdir(exist_ok=True)
                (self.folder / "taken.distances.npy").mkdir(exist_ok=True)
                self.assert_refused(["neighbors", "points.csv", "-o", output], fragments)

    def test_good_points_are_good(self):
        # The cases have no other fault than their change.
        self.file("points.csv", GOOD)
        self.file("points.npy", GOOD_NPY)
        self.succeed("neighbors", "points.csv", "-o", "out.csv")
        self.succeed("neighbors", "points.npy", "-o", "out.npy", "--lengthscale", "10")
        self.assertEqual(self.file_names(),
                         ["out.csv", "out.distances.npy", "out.npy", "points.csv", "points.npy"])


if __name__ == "__main__":
    cli_support.main()
