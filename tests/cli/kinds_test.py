"""Files of other kinds are recognized by their first bytes, and the message has the remedy. .npy of all
types of numbers is read. Memory grows with the data that was read, not with the size in a header."""

import bz2
import gzip
import io
import itertools
import json
import lzma
import pickle
import resource
import sqlite3
import struct
import tarfile
import zipfile

import numpy as np

import cli_support

GOOD = "x,y\n" + "".join(f"{i},{i * i % 7}.5\n" for i in range(40))
ARRAY = np.arange(80.0).reshape(40, 2)


def saved(array, **keywords):
    stream = io.BytesIO()
    np.save(stream, array, **keywords)
    return stream.getvalue()


def archive(files, compression=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return stream.getvalue()


def npz(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def npz_compressed(**arrays):
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def tar():
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as file:
        data = GOOD.encode()
        entry = tarfile.TarInfo("points.csv")
        entry.size = len(data)
        file.addfile(entry, io.BytesIO(data))
    return stream.getvalue()


def database():
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE points (x REAL, y REAL)")
        return connection.serialize()


CONTENT_TYPES = '<?xml version="1.0"?><Types></Types>'
BINARY = bytes(range(256))

# The content, and what the message must contain: the names of the kind and of the remedy.
KINDS = {
    "UTF-16 with a mark": (GOOD.encode("utf-16"), ["UTF-16", "iconv"]),
    "UTF-16, big-endian": (b"\xfe\xff" + GOOD.encode("utf-16-be"), ["UTF-16", "iconv"]),
    "UTF-16 without a mark": (GOOD.encode("utf-16-le"), ["UTF-16", "iconv -f UTF-16LE"]),
    "UTF-16, big-endian, without a mark": (GOOD.encode("utf-16-be"),
                                           ["UTF-16", "iconv -f UTF-16BE"]),
    "UTF-16 with names in other letters": (("länge,höhe\n" + GOOD[4:]).encode("utf-16-le"),
                                           ["UTF-16", "iconv"]),
    "UTF-32": (GOOD.encode("utf-32"), ["UTF-32", "iconv"]),
    "xz": (lzma.compress(GOOD.encode()), ["xz", "xz -dc"]),
    "lzma": (lzma.compress(GOOD.encode(), format=lzma.FORMAT_ALONE), ["LZMA", "xz"]),
    "bzip2": (bz2.compress(GOOD.encode()), ["bzip2", "bzip2 -dc"]),
    "empty bzip2": (bz2.compress(b""), ["bzip2"]),
    "zstd": (b"\x28\xb5\x2f\xfd" + BINARY, ["Zstandard", "zstd -dc"]),
    "lz4": (b"\x04\x22\x4d\x18" + BINARY, ["LZ4", "lz4 -dc"]),
    "compress": (b"\x1f\x9d\x90" + BINARY, [".Z", "gzip -dc"]),
    "lzip": (b"LZIP\x01\x0c" + BINARY, ["lzip -dc"]),
    "7z": (b"7z\xbc\xaf\x27\x1c\x00\x04" + BINARY, ["7-Zip", "7z"]),
    "rar": (b"Rar!\x1a\x07\x01\x00" + BINARY, ["RAR", "unrar"]),
    "twice gzip": (gzip.compress(GOOD.encode()), ["gzip file within a gzip file", "gzip -dc"]),
    "tar": (tar(), ["tar archive", "tar"]),
    "zip": (archive({"points.csv": GOOD}), ["zip archive", "unzip -p"]),
    "empty zip": (archive({}), ["zip archive"]),
    "xlsx": (archive({"[Content_Types].xml": CONTENT_TYPES, "_rels/.rels": "<a/>",
                      "xl/workbook.xml": "<a/>"}), ["Excel", "CSV"]),
    "xlsx, its parts in another order": (archive({"xl/worksheets/sheet1.xml": "<a/>",
                                                  "[Content_Types].xml": CONTENT_TYPES}),
                                         ["Excel", "CSV"]),
    "docx": (archive({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": "<a/>"}),
             ["Office", "CSV"]),
    "ods": (archive({"mimetype": "application/vnd.oasis.opendocument.spreadsheet",
                     "content.xml": "<a/>"}, zipfile.ZIP_STORED), ["OpenDocument", "CSV"]),
    "npz": (npz(places=ARRAY, depth=ARRAY), [
        ".npz", 'numpy.save("points.npy", numpy.load(FILE)["places"])']),
    "npz, compressed": (npz_compressed(arr_0=ARRAY), [".npz", '"arr_0"']),
    "kmz": (archive({"doc.kml": "<kml/>"}), ["KMZ", "ogr2ogr"]),
    "zipped shapefile": (archive({"places.shp": b"\x00\x00\x27\x0a"}), ["shapefile", "ogr2ogr"]),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), ["Excel", "CSV"]),
    "rds": (b"X\n\x00\x00\x00\x03\x00\x04\x02\x02\x00\x03\x05\x00", ["R object", "readRDS"]),
    "rds of R 2": (b"X\n\x00\x00\x00\x02\x00\x04\x02\x02\x00\x02\x03\x00", ["readRDS"]),
    "rds as text": (b"A\n3\n262658\n197888\n5\nUTF-8\n531\n", ["R object", "readRDS"]),
    "rds as text of R 2": (b"A\n2\n262658\n131840\n531\n", ["R object", "readRDS"]),
    "RData": (b"RDX3\nX\n\x00\x00\x00\x03", ["R workspace", "load"]),
    "RData of R 2": (b"RDX2\nX\n\x00\x00\x00\x02", ["R workspace", "load"]),
    "parquet": (b"PAR1\x15\x04\x15\x10" + BINARY, ["Parquet", "read_parquet"]),
    "feather": (b"ARROW1\x00\x00\xff\xff\xff\xff" + BINARY, ["Arrow", "read_feather"]),
    "feather 1": (b"FEA1\x00\x00\x00\x00" + BINARY, ["Feather"]),
    "arrow stream": (b"\xff\xff\xff\xff\x10\x01\x00\x00" + BINARY, ["Arrow stream", "pyarrow"]),
    "orc": (b"ORC\x11\x00\x00\x0a" + BINARY, ["ORC", "read_orc"]),
    "avro": (b"Obj\x01\x04\x14avro.codec", ["Avro"]),
    "netcdf 1": (b"CDF\x01\x00\x00\x00\x00" + BINARY, ["netCDF", "xarray"]),
    "netcdf 2": (b"CDF\x02\x00\x00\x00\x00" + BINARY, ["netCDF", "xarray"]),
    "netcdf 5": (b"CDF\x05\x00\x00\x00\x00" + BINARY, ["netCDF", "xarray"]),
    "hdf5": (b"\x89HDF\r\n\x1a\n\x00\x00" + BINARY, ["HDF5", "netCDF-4"]),
    "hdf4": (b"\x0e\x03\x13\x01" + BINARY, ["HDF4"]),
    "grib": (b"GRIB\x00\x00\x00\x02" + BINARY, ["GRIB"]),
    "fits": (b"SIMPLE  =                    T", ["FITS", "astropy"]),
    "matlab": (b"MATLAB 5.0 MAT-file, Platform: GLNXA64" + bytes(100), ["MATLAB", "writematrix"]),
    "matlab 7.3": (b"MATLAB 7.3 MAT-file, Platform: GLNXA64" + bytes(100), ["MATLAB"]),
    "stata": (b"<stata_dta><header><release>118</release>", ["Stata", "read_stata"]),
    "spss": (b"$FL2@(#) SPSS DATA FILE" + bytes(20), ["SPSS", "read_spss"]),
    "sas": (bytes(12) + b"\xc2\xea\x81\x60" + bytes(68) + b"SAS FILE", ["SAS", "read_sas"]),
    "sqlite": (database(), ["SQLite", "sqlite3"]),
    "pickle": (pickle.dumps(ARRAY), ["pickle", "numpy.save"]),
    "pickle 2": (pickle.dumps([[1.0, 2.0]], 2), ["pickle", "numpy.save"]),
    "pickle 0": (pickle.dumps([1.0, 2.0], 0), ["pickle", "numpy.save"]),
    "pickle 0 of an array": (pickle.dumps(ARRAY, 0), ["pickle"]),
    "pickle 0 of NumPy 1": (b"cnumpy.core.multiarray\n_reconstruct\np0\n(cnumpy\n", ["pickle"]),
    "pickle 0 of NumPy 2": (b"cnumpy._core.multiarray\n_reconstruct\np0\n(cnumpy\n", ["pickle"]),
    "pickle 0 of pandas": (b"cpandas.core.frame\nDataFrame\n(dp0\n", ["pickle"]),
    "pickle 0 of Python 2": (b"ccopy_reg\n_reconstructor\np1\n(c__main__\n", ["pickle"]),
    "tiff": (b"II*\x00\x08\x00\x00\x00" + BINARY, ["TIFF", "gdal_translate"]),
    "tiff, big-endian": (b"MM\x00*\x00\x00\x00\x08" + BINARY, ["TIFF", "gdal_translate"]),
    "bigtiff": (b"II+\x00\x08\x00\x00\x00" + BINARY, ["TIFF", "gdal_translate"]),
    "ESRI ASCII grid": (b"ncols 3\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2 3\n",
                        ["ESRI ASCII grid", "gdal_translate"]),
    "ESRI ASCII grid of Windows": (b"NCOLS\t3\r\nNROWS\t2\r\nCELLSIZE\t1\r\n1 2 3\r\n",
                                   ["ESRI ASCII grid", "gdal_translate"]),
    "Surfer grid": (b"DSAA\n3 2\n0 2\n0 1\n1 6\n1 2 3\n4 5 6\n", ["Surfer", "gdal_translate"]),
    "Surfer grid, binary": (b"DSBB\x03\x00\x02\x00" + BINARY, ["Surfer", "gdal_translate"]),
    "arff": (b"@RELATION places\n\n@ATTRIBUTE x REAL\n@DATA\n1\n2\n",
             ["ARFF", "foreign::read.arff"]),
    "shapefile": (struct.pack(">i", 9994) + bytes(20) + BINARY, ["shapefile", "ogr2ogr"]),
    "dbf": (struct.pack("<4BIHH20x", 3, 126, 11, 28, 40, 65, 17) + b"X\x00\x00", ["dBase"]),
    "las": (b"LASF\x00\x00\x00\x00" + BINARY, ["LAS", "pdal"]),
    "json": (json.dumps([{"x": 1, "y": 2}]).encode(), ["JSON", "read_json"]),
    "json, numbers": (json.dumps(ARRAY.tolist(), indent=1).encode(), ["JSON"]),
    "json, object": (json.dumps({"x": [1, 2]}, indent=2).encode(), ["JSON"]),
    "geojson": (json.dumps({"type": "FeatureCollection", "features": []}).encode(),
                ["GeoJSON", "ogr2ogr"]),
    "html": (b"<!DOCTYPE html>\n<html><body>404, not found</body></html>", ["HTML"]),
    "html without a prolog": (b"\n <html><table><tr><td>1</td></tr></table></html>", ["HTML"]),
    "xml": (b"\xef\xbb\xbf<?xml version='1.0'?><a/>", ["XML"]),
    "kml": (b"<?xml version='1.0'?>\n<kml xmlns='http://www.opengis.net/kml/2.2'></kml>",
            ["KML", "ogr2ogr"]),
    "gpx": (b"<?xml version='1.0'?><gpx version='1.1'></gpx>", ["GPX", "ogr2ogr"]),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", ["PDF"]),
    "png": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR", ["PNG"]),
    "saved index": (b"\x89RKNN\r\n\x1a\x08\x07\x06\x05\x04\x03\x02\x01", ["a saved index", "neighbors --index"]),
    "jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", ["JPEG"]),
    "raw doubles": (ARRAY.tobytes(), ["a binary file", ".npy"]),
    "raw floats": ((ARRAY + 0.1).astype("f4").tobytes(), ["a binary file", ".npy"]),
}


class KindsTest(cli_support.ProgramTest):

    def test_named_with_the_cure(self):
        for kind, (content, fragments) in KINDS.items():
            for name, data in (("points.csv", content), ("points.npy", content),
                               ("points.csv.gz", gzip.compress(content))):
                if kind == "twice gzip" and not name.endswith(".gz"):
                    continue
                with self.subTest(kind=kind, name=name):
                    self.file(name, data)
                    result = self.run_program("neighbors", name)
                    message = result.stderr.decode()
                    self.assertEqual((result.returncode, result.stdout), (1, b""), message)
                    self.assertEqual(message.count("\n"), 1, message)
                    for fragment in [name + ": is ", *fragments]:
                        self.assertIn(fragment, message)
                    self.assertEqual(name.endswith(".gz"), "gzipped" in message, message)

    def test_as_every_input(self):
        self.file("points.csv", GOOD)
        for option in ("--queries", "--inducing-points", "--new-points"):
            with self.subTest(option=option):
                result = self.run_program("neighbors", "points.csv", option,
                                          self.file("other.dat", KINDS["xz"][0]))
                self.assertEqual(result.returncode, 1)
                self.assertIn(b"other.dat: is an xz file", result.stderr)


class StandardInputTest(cli_support.ProgramTest):

    def run_program(self, *arguments, lengthscale="10", **keywords):
        """With a lengthscale for which ten neighbors of each point are informative."""
        return super().run_program(*arguments, lengthscale=lengthscale, **keywords)

    def setUp(self):
        super().setUp()
        self.file("points.csv", GOOD)
        self.file("z.csv", "x,y\n1,2\n7,3\n20,1\n")
        self.file("q.csv", "row\n7\n0\n")
        self.file("n.csv", "x,y\n1.5,2\n")

    def test_each_input(self):
        files = {"points": "points.csv", "--inducing-points": "z.csv", "--queries": "q.csv",
                 "--new-points": "n.csv"}
        for others in (["--queries"], ["--new-points"]):
            named = ["points", "--inducing-points", *others]

            def arguments(piped):
                words = ["neighbors"]
                for option in named:
                    words += [] if option == "points" else [option]
                    words.append("-" if option == piped else files[option])
                return words

            expected = self.succeed(*arguments(None), "-k", "3")
            for piped in named:
                content = (self.folder / files[piped]).read_bytes()
                array = np.loadtxt(self.folder / files[piped], delimiter=",", skiprows=1)
                if array.ndim < 2 and piped == "--new-points":
                    array = array.reshape(1, -1)
                for kind, data in (("csv", content), ("csv.gz", gzip.compress(content)),
                                   ("npy", saved(array)), ("npy.gz", gzip.compress(saved(array)))):
                    with self.subTest(piped=piped, kind=kind):
                        if "npy" in kind and piped == "points":
                            continue  # the others would be of another format
                        found = self.succeed(*arguments(piped), "-k", "3", input=data)
                        self.assertEqual(found, expected)

    def test_npy_as_points(self):
        array = np.loadtxt(self.folder / "points.csv", delimiter=",", skiprows=1)
        expected = self.succeed("neighbors", "points.csv")
        for data in (saved(array), gzip.compress(saved(array)), saved(np.asfortranarray(array))):
            self.assertEqual(self.succeed("neighbors", "-", input=data), expected)

    def test_from_a_file(self):
        with open(self.folder / "points.csv", "rb") as file:
            self.assertEqual(self.succeed("neighbors", "-", stdin=file),
                             self.succeed("neighbors", "points.csv"))

    def test_one_thing_only(self):
        for first, second in itertools.permutations(["-", "/dev/stdin", "/dev/fd/0"], 2):
            result = self.run_program("neighbors", first, "--queries", second, input=b"")
            self.assertEqual(result.returncode, 1)
            self.assertIn(b"--queries: standard input is already used by POINTS", result.stderr)

    def test_errors_name_it(self):
        for data, fragment in ((b"x,y\n1,2\n3,z\n", "standard input: line 3, column 2 'y'"),
                               (b"", "standard input: line 1: the file is empty"),
                               (KINDS["xz"][0], "standard input: is an xz file"),
                               (saved(ARRAY)[:-8], "standard input: the data is shorter")):
            result = self.run_program("neighbors", "-", input=data)
            self.assertEqual(result.returncode, 1)
            self.assertIn(fragment, result.stderr.decode())

    def test_closed(self):
        if cli_support.settings().qemu:
            print("skipped: a closed standard input, in whose place the kernel opens the program for the emulator under qemu",
                  flush=True)
            return
        result = self.run_program("neighbors", "-", preexec_fn=lambda: __import__("os").close(0))
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"standard input: cannot be read", result.stderr)


class NpyTest(cli_support.ProgramTest):

    def find(self, content, name="points.npy"):
        return self.succeed("neighbors", self.file(name, content), "--inducing", "0", "-k", "4",
                            "--lengthscale", "30")

    def test_types(self):
        """Integers of any width and floats of up to 64 bits, of either byte order."""
        small = np.random.default_rng(20261129).integers(0, 120, size=(40, 2))
        expected = self.find(cli_support.csv_text("xy", small), "points.csv")
        for kind in ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"):
            for order in "<>":
                for layout in (np.ascontiguousarray, np.asfortranarray):
                    with self.subTest(kind=kind, order=order, layout=layout):
                        array = layout(small.astype(order + kind))
                        self.assertEqual(self.find(array), expected)

    def test_signs_and_extremes(self):
        for kind in ("i1", "i2", "i4", ">i2", ">i4", "u1", "u2", "u4", ">u4"):
            with self.subTest(kind=kind):
                info = np.iinfo(np.dtype(kind))
                array = np.array([info.min, info.max, 0, info.max // 2, info.min // 2 + 1], kind)
                text = "x\n" + "".join(f"{int(v)}\n" for v in array)
                scale = ["--lengthscale", repr(float(info.max) / 4)]
                options = ["--inducing", "0", "-k", "3", *scale]
                self.assertEqual(
                    self.succeed("neighbors", self.file("p.npy", array), *options),
                    self.succeed("neighbors", self.file("p.csv", text), *options))

    def test_every_half(self):
        """All finite numbers of 16 bits, by the distances to one point."""
        every = np.arange(2**16).astype("u2").view("f2")
        every = every[np.isfinite(every)]
        for order in "<>":
            npy = self.file("p.npy", every.astype(order + "f2"))
            csv = self.file("p.csv", "x\n" + "".join(f"{float(v)!r}\n" for v in every))
            queries = self.file("q.csv", "row\n5\n1023\n31743\n40000\n")
            options = ["--inducing", "0", "--queries", queries, "--lengthscale", "100"]
            self.assertEqual(self.succeed("neighbors", npy, *options),
                             self.succeed("neighbors", csv, *options))

    def test_integers_beyond_the_whole_doubles(self):
        """Whole numbers that are doubles are read, in .npy and in CSV; others are errors in both."""
        day = 86400 * 10**9
        times = 1577836800 * 10**9 + day * np.arange(50)
        texts = {}
        for kind in ("i8", ">i8", "u8", ">u8"):
            array = times.astype(kind)
            options = ["--inducing", "0", "--lengthscale", str(5 * day)]
            texts[kind] = self.succeed("neighbors", self.file("p.npy", array), *options)
            self.assertEqual(texts[kind], self.succeed("neighbors", self.file(
                "p.csv", "t\n" + "".join(f"{t}\n" for t in times)), *options))
        for value, kind in ((2**53, "i8"), (-2**53, "i8"), (2**62, "i8"), (-2**63, "i8"),
                            (2**63, "u8"), (2**63 + 2**11, "u8"), (2**53 + 2, "i8"),
                            (2**53 + 1, "i8"), (-2**53 - 1, "i8"), (2**63 - 1, "i8"),
                            (2**64 - 1, "u8"), (2**63 + 1, "u8"), (2**60 + 64, "i8")):
            exact = int(float(value)) == value
            for name, content in (("p.npy", np.array([value, 0], kind)),
                                  ("p.csv", f"x\n{value}\n0\n")):
                with self.subTest(value=value, name=name):
                    result = self.run_program("neighbors", self.file(name, content))
                    self.assertEqual(result.returncode, 0 if exact else 1)
                    if not exact:
                        self.assertIn(b"a double cannot represent exactly", result.stderr)

    def test_description_of_python_2(self):
        content = saved(ARRAY).replace(b"(40, 2), }  ", b"(40L, 2L), }")
        self.assertIn(b"40L", content)
        self.assertEqual(self.find(content), self.find(ARRAY))


class MemoryTest(cli_support.ProgramTest):
    """Small files with headers that state large sizes. AddressSanitizer reserves terabytes of addresses, and
    qemu cannot start under the limit: there the errors are checked, but not the memory."""

    LIMIT = 400 << 20  # more than the program needs to start, less than the sizes in the headers

    @classmethod
    def setUpClass(cls):
        if cli_support.settings().qemu:
            print("skipped: the memory that refused files take: the program has no limit of memory under qemu", flush=True)

    def refused(self, arguments, fragment, **keywords):
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (self.LIMIT, self.LIMIT))

        if cli_support.limits_memory():
            keywords["preexec_fn"] = limit
        result = self.run_program(*arguments, **keywords)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn(fragment, result.stderr.decode())

    def promise(self, shape, kind="<f8", fortran=False, data=bytes(16)):
        description = f"{{'descr': '{kind}', 'fortran_order': {fortran}, 'shape': {shape}, }}"
        text = description.ljust(118) + "\n"
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + data

    def test_npy_through_a_pipe(self):
        for shape in ("(134217728, 1)", "(1000000000000, )", "(1000000, 1000000)", "(3, 900000)"):
            for fortran in (False, True):
                for kind in ("<f8", "|u1"):
                    with self.subTest(shape=shape, fortran=fortran, kind=kind):
                        content = self.promise(shape, kind, fortran)
                        self.refused(["neighbors", "-"], "shorter", input=content)
                        self.refused(["neighbors", "/dev/stdin"], "shorter", input=content)

    def test_npy_in_gzip(self):
        """Zeros that gzip compresses to a thousandth, and a header that states a thousand times more."""
        content = gzip.compress(self.promise("(1000000000, 1)", data=bytes(1 << 22)))
        self.refused(["neighbors", self.file("p.npy.gz", content)], "shorter")
        self.refused(["neighbors", "-"], "shorter", input=content)

    def test_columns_of_csv(self):
        """60 MB of commas in 58 KB."""
        for text in (b"," * 60_000_000, b"x" + b"," * 60_000_000 + b"\n",
                     b"x,y\n" + b"1," * 30_000_000 + b"\n"):
            content = gzip.compress(text)
            for options in ([], ["--no-header"], ["--header"]):
                with self.subTest(start=text[:6], options=options):
                    self.refused(["neighbors", self.file("p.csv.gz", content), *options],
                                 "column")

    def test_cells_of_csv(self):
        for text in (b"x" * 40_000_000, b'x,y\n1,"' + b"2" * 40_000_000):
            with self.subTest(start=text[:7]):
                content = gzip.compress(text, 1)
                self.refused(["neighbors", self.file("p.csv.gz", content)], "longer than 16 MiB")

    def test_as_many_columns_as_are_read(self):
        names = ",".join(f"c{i}" for i in range(5000))
        rows = "\n".join(",".join(str((i * j) % 17) for j in range(5000)) for i in range(3))
        self.file("p.csv", names + "\n" + rows + "\n")
        self.assertEqual(self.answer("neighbors", "p.csv", "--columns", "c4999,c1",
                                     "--inducing", "0").queries, [0, 1, 2])


if __name__ == "__main__":
    cli_support.main()
