"""Formats of CSV: headers, delimiters, decimal marks, comments. No file is misread without an error:
the program reads the right numbers, or its error names the place and the remedy."""

import gzip

import numpy as np

import cli_support

SEED = 20261128
N = 30


class LayoutTest(cli_support.ProgramTest):
    """The same numbers give the same answer in every format."""

    def setUp(self):
        super().setUp()
        random = np.random.default_rng(SEED)
        self.points = random.normal(size=(N, 2)).round(4)
        self.expected = self.find(cli_support.csv_text("xy", self.points))

    def find(self, content, *options, name="points.csv"):
        self.file(name, content)
        return self.succeed("neighbors", name, "--inducing", "0", "-k", "4", *options)

    def rows(self, separator, decimal=".", number=repr):
        return [separator.join(number(float(v)).replace(".", decimal) for v in row)
                for row in self.points]

    def same(self, lines, *options):
        for end in ("\n", "\r\n", "\r"):
            text = end.join([*lines, ""])
            self.assertEqual(self.find(text, *options), self.expected)
            self.assertEqual(self.find(text[:-len(end)], *options), self.expected)

    def test_delimiters(self):
        for option, separator in (("tab", "\t"), ("\\t", "\t"), ("\t", "\t"), (";", ";"),
                                  ("semicolon", ";"), ("|", "|"), ("pipe", "|"), (":", ":"),
                                  ("space", " "), ("space", "\t"), ("space", " \t  "),
                                  ("whitespace", "   "), (" ", " "), (",", ","), ("comma", " , "),
                                  ("tab", " \t "), ("!", "!"), ("&", "&")):
            with self.subTest(option=option, separator=separator):
                self.same([f"x{separator}y", *self.rows(separator)], "--delimiter", option)

    def test_quotes_with_delimiters(self):
        for option, separator in (("tab", "\t"), (";", ";"), ("space", "  ")):
            with self.subTest(option=option):
                rows = [separator.join([f'"a{separator}b""{i}"', row])
                        for i, row in enumerate(self.rows(separator))]
                self.same([separator.join(['"my name"', '"x"', '"y"']), *rows], "--delimiter",
                          option, "--columns", "x,y")

    def test_fixed_width(self):
        lines = ["         x         y", *(f"{x:10.4f}{y:10.4f}" for x, y in self.points)]
        self.same(lines, "--delimiter", "space")
        self.same([line + "  \t" for line in lines], "--delimiter", "space")

    def test_decimal_commas(self):
        for options, separator in ((["--decimal", ","], ";"),
                                   (["--decimal", ",", "--delimiter", "tab"], "\t"),
                                   (["--decimal", ",", "--delimiter", "space"], "  ")):
            with self.subTest(options=options):
                self.same([f"x{separator}y", *self.rows(separator, ",")], *options)
        quoted = ['"' + row.replace(";", '","') + '"' for row in self.rows(";", ",")]
        self.same(["x,y", *quoted], "--decimal", ",", "--delimiter", ",")

    def test_exponents(self):
        for letter in "eEdD":
            with self.subTest(letter=letter):
                rows = self.rows(",", number=lambda v: f"{v:.17e}".replace("e", letter))
                self.same(["x,y", *rows])
        rows = self.rows(";", ",", number=lambda v: f"{v:.17e}".replace("e", "D"))
        self.same(["x;y", *rows], "--decimal", ",")

    def test_no_header(self):
        self.same(self.rows(","), "--no-header")
        self.same(self.rows(";", ","), "--no-header", "--decimal", ",")
        wide = ["name," + ",".join(row.split(",")[::-1]) for row in self.rows(",")]
        self.same(wide, "--no-header", "--columns", "2,1")
        self.assertEqual(self.said, ["residual-knn: coordinates: 2, 1; not used: 0"])

    def test_header_of_numbers(self):
        self.same(["2019,2020", *self.rows(",")], "--header")
        self.same(["NA,-inf", *self.rows(",")], "--header")
        self.same(["2020,2019,name", *(",".join(row.split(",")[::-1]) + ",?"
                                       for row in self.rows(","))],
                  "--header", "--columns", "2019,2020")

    def test_names_that_look_like_numbers_in_part(self):
        for names in ("2.5km,10km", "x1,1x", "1e,e1", "0x10,x", "1 2,3 4", "Na,Cl", "NAD,nano",
                      "infra,inch", "1.2.3,4", "2019-01,2019-02"):
            if names == "1.2.3,4":
                continue  # '4' is a number: see test_doubtful_headers
            with self.subTest(names=names):
                self.same([names, *self.rows(",")])

    def test_doubtful_headers(self):
        """A first line with a number, or with only numbers and missing values, is an error."""
        for line in ("1,2", "NA,2.5", "nan,2.5", "inf,1", "1,-Infinity", "1e999,2", "1e-999,2",
                     ",2.5", "2.5,", '"",""', "NULL,NULL", ".,2", "-,2", "?,?", "-999,2",
                     "N/A,N/A", "#DIV/0!,3", "-nan(ind),3", "1.#QNAN,3", "<NA>,1", "1D3,2",
                     "x,2019", "2019,x", "Bonn,7.1", "1.2.3,4", "+1,y", "nan,NA",
                     "99999999999999999,1"):
            with self.subTest(line=line):
                self.file("points.csv", "\n".join([line, *self.rows(","), ""]))
                result = self.run_program("neighbors", "points.csv", "--columns", "x,y")
                message = result.stderr.decode()
                self.assertEqual((result.returncode, result.stdout), (1, b""))
                self.assertIn("points.csv: line 1: the first line ", message)
                self.assertIn("--header", message)

    def test_marks_of_a_missing_number_name_no_column(self):
        """Alone in the first line they are data; together with a name they may be names."""
        for line in ("nodata", "No Data", "n.a.", "N.A.", "(null)", "\\N", "nil", "Undefined",
                     "***", "...", "+", "??", '" "', ".nan", "-.inf", "NaNQ", "\u221e", "-\u221e",
                     "\u22125", "\u20131.5", "masked,NO_DATA", "-.,NaN"):
            with self.subTest(line=line):
                row = ",".join("1" for _ in line.split(","))
                self.file("points.csv", f"{line}\n{row}\n{row}\n")
                result = self.run_program("neighbors", "points.csv", "--inducing", "0")
                message = result.stderr.decode()
                self.assertEqual((result.returncode, result.stdout), (1, b""), message)
                self.assertIn("points.csv: line 1: the first line must name the columns", message)
                self.assertIn("--header", message)
        for names in ("x,***", "nodata,y", "?,y", "$,%,-"):
            with self.subTest(names=names):
                row = ",".join("123"[:len(names.split(","))])
                self.file("points.csv", f"{names}\n{row}\n{row[::-1]}\n")
                self.succeed("neighbors", "points.csv", "--inducing", "0")

    def test_first_row_without_a_header(self):
        """The first line is a row: a missing cell is reported, and no row is lost."""
        for cell, fault in (("NA", "'NA' is not a number"), ("nan", "'nan' is NaN"),
                            ("", "is empty"), ("-inf", "is infinite"), ("1e400", "range")):
            with self.subTest(cell=cell):
                self.file("points.csv", "\n".join([f"{cell},2.5", *self.rows(","), ""]))
                result = self.run_program("neighbors", "points.csv", "--no-header")
                self.assertEqual((result.returncode, result.stdout), (1, b""))
                message = result.stderr.decode()
                self.assertIn("points.csv: line 1, column 1 '0': ", message)
                self.assertIn(fault, message)
        self.file("points.csv", "1.5,2.5\n3.5,4.5\n5,6\n1,1\n")
        answer = self.answer("neighbors", "points.csv", "--no-header", "--inducing", "0")
        self.assertEqual(answer.queries, [0, 1, 2, 3])
        self.assertEqual(answer.neighbors[0][0][0], 3)

    def test_no_header_holds_for_all_files(self):
        self.file("points.csv", "\n".join([*self.rows(","), ""]))
        self.file("z.csv", "0.5,0.5\n-1,2\n")
        self.file("q.csv", "3\n1\n")
        self.file("n.csv", "1,1\n2,2\n3,3\n")
        options = ["neighbors", "points.csv", "--no-header", "--inducing-points", "z.csv", "-k",
                   "2"]
        answer = self.answer(*options, "--queries", "q.csv")
        self.assertEqual(answer.queries, [3, 1])
        answer = self.answer(*options, "--new-points", "n.csv")
        self.assertEqual(answer.queries, [0, 1, 2])

    def test_comments(self):
        rows = self.rows(",")
        lines = ["# made by, somebody", "  # \"quoted", "x,y", rows[0], "#" + rows[1], *rows[1:3],
                 "#", *rows[3:], "# the end"]
        self.same(lines, "--comment", "#")
        self.same(["% x y", *self.rows(" ")], "--comment", "%", "--no-header", "--delimiter",
                  "space")

    def test_comment_in_quotes_is_none(self):
        text = 'name,x,y\n' + "".join(f'"a\n# {i}",{row}\n' for i, row in
                                      enumerate(self.rows(",")))
        self.assertEqual(self.find(text, "--comment", "#", "--columns", "x,y"), self.expected)

    def test_line_numbers_with_comments(self):
        for end in ("\n", "\r\n", "\r"):
            self.file("points.csv", end.join(["# 1", "x y", "# 3", "# 4", "1 2", "#", "3 z", ""]))
            result = self.run_program("neighbors", "points.csv", "--comment", "#", "--delimiter",
                                      "space")
            self.assertIn(b"points.csv: line 7, column 2 'y': 'z' is not a number", result.stderr)

    def test_beyond_any_buffer(self):
        """Comments, quotes and blanks occur at all places of the blocks in which a file is read."""
        random = np.random.default_rng(SEED + 1)
        many = random.normal(size=(40000, 2)).round(5)
        plain = self.find(cli_support.csv_text("xy", many), "--queries",
                          self.file("q.csv", "row\n39999\n17\n"), name="m.csv")
        lines = ["x \t y"]
        for i, (x, y) in enumerate(many.tolist()):
            lines.append(f'{" " * (i % 3)}"{x!r}"{" " * (1 + i % 2)}\t{y!r}')
            if i % 7 == 0:
                lines.append("#" + " comment" * (i % 11))
        self.assertEqual(self.find("\r\n".join(lines), "--delimiter", "space", "--comment", "#",
                                   "--queries", "q.csv", name="m.csv"), plain)

    def test_names_in_other_letters(self):
        text = cli_support.csv_text(["länge", "y"], self.points)
        self.assertEqual(self.find(text, "--columns", "länge,y"), self.expected)
        self.file("points.csv", text.encode("latin-1"))
        result = self.run_program("neighbors", "points.csv", "--columns", "länge,y")
        message = result.stderr.decode("utf-8")
        self.assertIn("no column 'länge'; the columns are 'l?nge', 'y'", message)
        self.assertIn("iconv", message)


# The content of points.csv, the options, and what the message must contain.
REFUSED = [
    ("semicolons", "x;y\n1;2\n", [], ["';'", "--delimiter ';'"]),
    ("semicolons and decimal commas", "x;y\n1,5;2,5\n3,5;4,5\n", [],
     ["--delimiter ';' --decimal ,"]),
    ("semicolons with text", "name;x\nBonn;1,5\nKöln;2,5\n", [], ["--delimiter ';' --decimal ,"]),
    ("semicolons without a header", "1,5;2,5\n3,5;4,5\n", [], ["--delimiter ';' --decimal ,"]),
    ("semicolons without a header, so said", "1,5;2,5\n3,5;4,5\n", ["--no-header"],
     ["--delimiter ';' --decimal ,"]),
    ("one line of semicolons", "1,5;2,5\n", [], ["--delimiter ';'"]),
    ("only a header of semicolons", "x;y\n", [], ["--delimiter ';'"]),
    ("tabs", "x\ty\n1.5\t2.5\n", [], ["tabs", "--delimiter tab"]),
    ("tabs and decimal commas", "x\ty\n1,5\t2,5\n", [], ["--delimiter tab --decimal ,"]),
    ("tabs and names with spaces", "sea level\tdepth\n1.5\t2.5\n", [], ["--delimiter tab"]),
    ("spaces", "x y\n1.5 2.5\n", [], ["spaces", "--delimiter space"]),
    ("spaces without a header", "1.5 2.5\n3.5 4.5\n", [], ["--delimiter space"]),
    ("fixed width", "   x    y\n 1.5  2.5\n", [], ["--delimiter space"]),
    ("spaces and decimal commas", "x y\n1,5 2,5\n", [], ["--delimiter space --decimal ,"]),
    ("spaces above tabs", "x y\n1\t2\n3\t4\n", [], ["spaces", "--delimiter space"]),
    ("more names than numbers", "a b c\n1 2\n3 4\n", [], ["'1 2'", "--delimiter"]),
    ("one row of semicolons", "x,y\n1,2\n1;5,2\n", [], ["line 3", "'1;5'", "--delimiter"]),
    ("thousands with spaces", "x\n1 000,5\n", ["--decimal", ","],
     ["line 2", "'1 000,5'", "thousands"]),
    ("Excel's line", "sep=,\nx,y\n1,2\n", [], ["sep=", "tail -n +2"]),
    ("single quotes", "'x','y'\n'1','2'\n", [], ["line 2", "double"]),
    ("bars", "x|y\n1|2\n", [], ["--delimiter '|'"]),
    ("write.table of R", '"x" "y"\n"1" 1.5 2.5\n"2" 3.5 4.5\n', [],
     ["write.table", "row.names = FALSE", "--delimiter space"]),
    ("write.table of R with tabs", '"x"\t"y"\n"1"\t1.5\t2.5\n', [],
     ["write.table", "--delimiter tab"]),
    ("write.table of R, one column", '"x"\n"a" 1.5\n"b" 2.5\n', [], ["write.table"]),
    ("write.table of R with commas", '"x","y"\n"1",1.5,2.5\n"2",3.5,4.5\n', [],
     ["line 2", "write.table", "row.names = FALSE", "--no-header --columns 1,..."]),
    ("write.table of R, its delimiter given", '"x" "y"\n"1" 1.5 2.5\n', ["--delimiter", "space"],
     ["line 2", "write.table", "row.names = FALSE"]),
    ("a delimiter at the end of rows", "x,y\n1,2,\n3,4,\n", [], ["line 2", "at the end of a line"]),
    ("a longer row below", "x,y\n1,2\n3,4,5\n", [], ["line 3", "at the end of a line"]),
    ("write.csv2 of R", '"";"x";"y"\n"1";1,5;2,5\n', [], ["--delimiter ';' --decimal ,"]),
    ("commas, said to be semicolons", "x,y\n1,2\n3,4\n", ["--delimiter", ";"],
     ["','", "--delimiter ,"]),
    ("commas, said to be decimal", "x,y\n1,2\n3,4\n", ["--decimal", ","], ["','", "omit"]),
    ("commas, said to be tabs", "x,y\n1.5,2\n3,4\n", ["--delimiter", "tab"], ["--delimiter ,"]),
    ("tabs, said to be semicolons", "x\ty\n1\t2\n", ["--delimiter", ";"], ["--delimiter tab"]),
    ("decimal commas, unquoted", "x,y\n1,5,2,5\n3,5,4,5\n", [],
     ["line 2", "in quotes", "--decimal ,"]),
    ("one column of decimal commas", "x\n1,5\n2,5\n", [], ["line 2", "--decimal ,"]),
    ("quoted decimal commas", 'x,y\n"1,5",2\n', [], ["'1,5' is not a number", "--decimal ,"]),
    ("decimal points among commas", "x;y\n1,5;2,5\n1.5;2\n", ["--decimal", ","],
     ["line 3, column 1 'x'", "'1.5' is not a number", "--decimal ."]),
    ("thousands", 'x,y\n"1,234",2\n', [], ["'1,234' is not a number", "thousands"]),
    ("thousands and decimals", 'x,y\n"1,234.5",2\n', [], ["thousands"]),
    ("thousands with points", "x;y\n1.234,5;2\n", ["--decimal", ","],
     ["'1.234,5' is not a number", "thousands"]),
    ("thousands with apostrophes", "x,y\n1'234,2\n", [], ["thousands"]),
    ("hexadecimal", "x,y\n0x1p3,2\n", [], ["'0x1p3' is not a number"]),
    ("an exponent of nothing", "x,y\n1D,2\n", [], ["'1D' is not a number"]),
    ("two exponents", "x,y\n1D2e3,2\n", [], ["'1D2e3' is not a number"]),
    ("a unit", "x,y\n2.5km,2\n", [], ["'2.5km' is not a number"]),
    ("a minus of typographers", "x,y\n−2.5,2\n", [], ["U+2212"]),
    ("a date", "x,y\n2020-01-31,2\n", [], ["dates"]),
    ("a whole number between doubles", "x,y\n9007199254740993,2\n", [],
     ["line 2, column 1 'x'", "double"]),
    ("nanoseconds between doubles", "x,y\n1577836800000000001,2\n", [], ["double"]),
    ("a missing value", "x,y\n1,2\nNA,3\n", [], ["line 3, column 1 'x'", "remove rows"]),
    ("a delimiter at the end", "x,y\n1,2,\n", [], ["line 2, column 3", "delimiter at the end"]),
    ("a delimiter at the end of all lines", "x,y,\n1,2,\n", [], ["column 3 has no name"]),
    ("a comment", "# made by, me\nx,y\n1,2\n", [], ["line 1", "--comment '#'"]),
    ("a header behind a sign", "# x,y\n1,2\n", [], ["line 1", "--comment '#'"]),
    ("a comment further down", "x,y\n1,2\n#3,4\n", [], ["line 3", "--comment '#'"]),
    ("comments only", "# a\n# b\n", ["--comment", "#"], ["line 1", "empty"]),
    ("a blank line among rows", "x y\n1 2\n   \n3 4\n", ["--delimiter", "space"],
     ["line 3", "blank"]),
    ("two columns of one number", "1,1\n2,3\n", ["--header"], ["two columns are called '1'"]),
    ("a short first row", "1,2\n1,2,3\n", ["--no-header"], ["line 2, column 3", "first row has 2"]),
    ("a name beyond the columns", "1,2\n3,4\n", ["--no-header", "--columns", "2"],
     ["no column '2'", "'0', '1'"]),
    ("names that are not there", "1,2\n3,4\n", ["--no-header", "--columns", "x"],
     ["no column 'x'"]),
    ("a name misspelled", "longitude,latitude\n1,2\n", ["--columns", "longitud,latitude"],
     ["did you mean 'longitude'?"]),
    ("a name in capitals", "LON,LAT\n1,2\n", ["--lonlat", "lon,lat"], ["did you mean 'LON'?"]),
    ("header and none", "x\n1\n", ["--header", "--no-header"], ["--header", "--no-header"]),
    ("a letter as delimiter", "x\n1\n", ["--delimiter", "x"], ["--delimiter", "'x'"]),
    ("two delimiters", "x\n1\n", ["--delimiter", ",;"], ["--delimiter", "',;'"]),
    ("a point as delimiter", "x\n1\n", ["--delimiter", "."], ["--delimiter", "'.'"]),
    ("no delimiter", "x\n1\n", ["--delimiter", ""], ["--delimiter", "''"]),
    ("a semicolon as decimal mark", "x\n1\n", ["--decimal", ";"], ["--decimal", "';'"]),
    ("a digit as comment", "x\n1\n", ["--comment", "1"], ["--comment", "'1'"]),
    ("comment and delimiter", "x\n1\n", ["--comment", ";", "--delimiter", ";"], ["--comment"]),
]

# Valid CSV that must be accepted: the columns, the content, the options.
ACCEPTED = [
    ("a name with a space", "sea level\n1.5\n2.5\n", []),
    ("a name with a semicolon", "x;y\n1.5\n2.5\n", []),
    ("text with semicolons beside", "x,note\n1,a;b\n2,c;d\n", ["--columns", "x"]),
    ("numbers with semicolons beside", "x,y,note\n1,2,3;4\n2,3,4;5\n", ["--columns", "x,y"]),
    ("degrees and minutes beside", "x,deg min\n1,52 30\n2,53 10\n", ["--columns", "x"]),
    ("two columns, one with spaces", "x,a b\n1,2 3\n2,4 5\n", ["--columns", "x"]),
    ("text with tabs beside", 'x,"a\tb"\n1,"2\t3"\n2,"4\t5"\n', ["--columns", "x"]),
    ("times beside", "time,x\n12:30:00,1\n12:40:00,2\n", ["--columns", "x"]),
    ("decimal commas in one column", "x\n1,5\n2,5\n", ["--decimal", ","]),
    ("a header like a file's first bytes", "PAR1,PAR2\n1,2\n2,3\n", []),
    ("another", "ORC,x\n1,2\n2,3\n", []),
    ("another", "GRIB_lat\n1\n2\n", []),
    ("another", "A\n3\n5\n", []),
    ("another", "BZh9,x\n1,2\n2,3\n", []),
    ("another", "II*,MM\n1,2\n2,3\n", []),
    ("another", "[x],[y]\n1,2\n2,3\n", []),
    ("another", "<x>,{y}\n1,2\n2,3\n", ["--columns", "{y}"]),
    ("another", "PK,x\n1,2\n2,3\n", []),
    ("whole numbers that are doubles", "x\n9007199254740994\n1577836800000000000\n", []),
    ("a long whole number that is a double", "x\n100000000000000000000\n-0000000000000000001\n",
     []),
]


class RefusedTest(cli_support.ProgramTest):

    def test_refused(self):
        for name, content, options, fragments in REFUSED:
            for zipped in (False, True):
                with self.subTest(case=name, zipped=zipped):
                    data = content.encode()
                    self.file("points.csv", gzip.compress(data) if zipped else data)
                    result = self.run_program("neighbors", "points.csv", *options)
                    message = result.stderr.decode()
                    self.assertIn(result.returncode, (1, 2), message)
                    self.assertEqual(result.stdout, b"")
                    self.assertEqual(message.count("\n"), 1, message)
                    for fragment in fragments:
                        self.assertIn(fragment, message)

    def test_accepted(self):
        for name, content, options in ACCEPTED:
            with self.subTest(case=name, content=content):
                self.file("points.csv", content)
                # Large numbers are too coarse for lengthscale 1, so there is a warning.
                answer = self.answer("neighbors", "points.csv", "--inducing", "0", *options,
                                     warnings=None)
                self.assertEqual(answer.queries, [0, 1])

    def test_cures_cure(self):
        """The remedy in the message about R's write.table works."""
        self.file("points.csv", "x,y\n1.5,2.5\n3.5,4.5\n")
        expected = self.succeed("neighbors", "points.csv")
        rows = b'"1" 1.5 2.5\n"2" 3.5 4.5\n'
        self.assertEqual(self.succeed("neighbors", "-", "--no-header", "--delimiter", "space",
                                      "--columns", "1,2", input=rows), expected)


if __name__ == "__main__":
    cli_support.main()
