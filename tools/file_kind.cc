#include "tools/file_kind.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>

namespace residual_knn {
namespace {

using namespace std::string_view_literals;

std::string UnpackCure(std::string_view command) {
  return "use: " + std::string(command) + " FILE | residual-knn neighbors - ...";
}

std::string PandasCure(std::string_view name) {
  return "with pandas: pandas.read_" + std::string(name) +
         "(FILE).to_csv(\"points.csv\", index=False)";
}

std::string NetCdfCure() {
  return "with xarray: xarray.open_dataset(FILE)[NAMES].to_dataframe().reset_index()"
         ".dropna().to_csv(\"points.csv\", index=False)";
}

std::string RCure(std::string_view object) {
  return "in R: write.csv(" + std::string(object) + ", \"points.csv\", row.names = FALSE)";
}

std::string SpreadsheetCure() {
  return "save it as CSV (UTF-8), or: libreoffice --headless --convert-to csv FILE";
}

std::string VectorCure() {
  return "use: ogr2ogr -f CSV points.csv FILE -lco GEOMETRY=AS_XY, which writes the coordinates to "
         "columns X, Y";
}

std::string RasterCure() {
  return "gdal_translate -of XYZ -co ADD_HEADER_LINE=YES -co COLUMN_SEPARATOR=, FILE points.csv";
}

std::string PictureCure() { return "the points must be numbers, in CSV or .npy"; }

std::string IconvCure(std::string_view encoding) {
  return "use: iconv -f " + std::string(encoding) + " -t UTF-8 FILE | residual-knn neighbors - ...";
}

// A kind of file with fixed bytes at a fixed offset.
struct Signature {
  size_t offset;
  std::string_view bytes;
  const char* name;
  std::string (*cure)();
};

constexpr std::array kSignatures = {
    // Compressed files.
    Signature{0,
              "\xFD"
              "7zXZ\0"sv,
              "an xz file", [] { return UnpackCure("xz -dc"); }},
    Signature{0, "\x28\xB5\x2F\xFD"sv, "a Zstandard file", [] { return UnpackCure("zstd -dc"); }},
    Signature{0, "\x04\x22\x4D\x18"sv, "an LZ4 file", [] { return UnpackCure("lz4 -dc"); }},
    Signature{0, "\x5D\x00\x00"sv, "an LZMA file",
              [] { return UnpackCure("xz --format=lzma -dc"); }},
    Signature{0, "\x1F\x9D"sv, "a file of compress (.Z)", [] { return UnpackCure("gzip -dc"); }},
    Signature{
        0, "\x1F\x8B"sv, "a gzip file within a gzip file",
        [] { return std::string("use: gzip -dc FILE | gzip -dc | residual-knn neighbors - ..."); }},
    Signature{0, "7z\xBC\xAF\x27\x1C"sv, "a 7-Zip archive", [] { return UnpackCure("7z x -so"); }},
    Signature{0, "LZIP\1"sv, "an lzip file", [] { return UnpackCure("lzip -dc"); }},
    Signature{0, "Rar!\x1A\x07"sv, "a RAR archive", [] { return UnpackCure("unrar p -inul"); }},
    Signature{257, "ustar"sv, "a tar archive", [] { return UnpackCure("tar -xOf"); }},
    // Spreadsheets, documents, databases.
    Signature{0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, "an old Excel or other Office file",
              SpreadsheetCure},
    Signature{0, "%PDF-"sv, "a PDF document", PictureCure},
    Signature{0, R"({\rtf)"sv, "an RTF document", SpreadsheetCure},
    Signature{0, "SQLite format 3\0"sv, "an SQLite or GeoPackage database",
              [] {
                return std::string(
                           "sqlite3 -header -csv FILE 'SELECT x, y FROM ...', or for a "
                           "GeoPackage: ") +
                       VectorCure();
              }},
    // Statistics programs.
    Signature{0, "RDX2\n"sv, "an R workspace (.RData)",
              [] { return "after load(FILE), " + RCure("OBJECT"); }},
    Signature{0, "RDX3\n"sv, "an R workspace (.RData)",
              [] { return "after load(FILE), " + RCure("OBJECT"); }},
    Signature{0, "RDA2\n"sv, "an R workspace (.RData)",
              [] { return "after load(FILE), " + RCure("OBJECT"); }},
    Signature{0, "RDA3\n"sv, "an R workspace (.RData)",
              [] { return "after load(FILE), " + RCure("OBJECT"); }},
    Signature{0, "X\n\0\0\0"sv, "an R object (.rds)", [] { return RCure("readRDS(FILE)"); }},
    Signature{0, "B\n\2\0\0\0"sv, "an R object (.rds)", [] { return RCure("readRDS(FILE)"); }},
    Signature{0, "B\n\3\0\0\0"sv, "an R object (.rds)", [] { return RCure("readRDS(FILE)"); }},
    Signature{0, "fst\0"sv, "an fst file of R", [] { return RCure("fst::read_fst(FILE)"); }},
    Signature{0, "$FL2"sv, "an SPSS file", [] { return PandasCure("spss"); }},
    Signature{0, "$FL3"sv, "an SPSS file", [] { return PandasCure("spss"); }},
    Signature{0, "<stata_dta>"sv, "a Stata file", [] { return PandasCure("stata"); }},
    Signature{84, "SAS FILE"sv, "a SAS file", [] { return PandasCure("sas"); }},
    Signature{0, "HEADER RECORD*******"sv, "a SAS transport file",
              [] { return PandasCure("sas"); }},
    // Columns and arrays.
    Signature{0, "PAR1"sv, "a Parquet file", [] { return PandasCure("parquet"); }},
    Signature{0, "PARE"sv, "an encrypted Parquet file", [] { return PandasCure("parquet"); }},
    Signature{0, "ARROW1\0\0"sv, "an Arrow or Feather file", [] { return PandasCure("feather"); }},
    Signature{0, "FEA1"sv, "a Feather file", [] { return PandasCure("feather"); }},
    Signature{0, "\xFF\xFF\xFF\xFF"sv, "an Arrow stream",
              [] {
                return std::string(
                    "with pyarrow: pyarrow.ipc.open_stream(FILE).read_pandas()"
                    ".to_csv(\"points.csv\", index=False)");
              }},
    Signature{0, "ORC"sv, "an ORC file", [] { return PandasCure("orc"); }},
    Signature{0, "Obj\1"sv, "an Avro file", PictureCure},
    Signature{0, "CDF\1"sv, "a netCDF file", NetCdfCure},
    Signature{0, "CDF\2"sv, "a netCDF file", NetCdfCure},
    Signature{0, "CDF\5"sv, "a netCDF file", NetCdfCure},
    Signature{0, "\x89HDF\r\n\x1A\n"sv, "an HDF5 or netCDF-4 file", NetCdfCure},
    Signature{0, "\x0E\x03\x13\x01"sv, "an HDF4 file", NetCdfCure},
    Signature{0, "GRIB"sv, "a GRIB file", NetCdfCure},
    Signature{0, "MATLAB 7.3 MAT-file"sv, "a MATLAB file (7.3, HDF5)",
              [] { return std::string("in MATLAB: writematrix(NAME, \"points.csv\")"); }},
    Signature{0, "MATLAB 5.0 MAT-file"sv, "a MATLAB file",
              [] { return std::string("in MATLAB: writematrix(NAME, \"points.csv\")"); }},
    Signature{0, "SIMPLE  ="sv, "a FITS file",
              [] {
                return std::string(
                    "with astropy: astropy.table.Table.read(FILE)"
                    ".write(\"points.csv\", format=\"ascii.csv\")");
              }},
    Signature{0, "\x89RKNN\r\n\x1A"sv, "a saved index",
              [] { return std::string("search it by: residual-knn neighbors --index FILE"); }},
    // Maps, pictures, point clouds.
    Signature{0, "\x00\x00\x27\x0A"sv, "a shapefile", VectorCure},
    Signature{0, "II*\0"sv, "a TIFF or GeoTIFF picture", RasterCure},
    Signature{0, "MM\0*"sv, "a TIFF or GeoTIFF picture", RasterCure},
    Signature{0, "II+\0"sv, "a BigTIFF or GeoTIFF picture", RasterCure},
    Signature{0, "MM\0+"sv, "a BigTIFF or GeoTIFF picture", RasterCure},
    Signature{0, "LASF"sv, "a LAS or LAZ point cloud",
              [] { return std::string("pdal translate FILE points.csv"); }},
    Signature{0, "DSBB"sv, "a grid of Surfer", RasterCure},
    Signature{0, "fgb\3"sv, "a FlatGeobuf file", VectorCure},
    Signature{0, "\x89PNG\r\n"sv, "a PNG picture", PictureCure},
    Signature{0, "\xFF\xD8\xFF"sv, "a JPEG picture", PictureCure},
    Signature{0, "GIF8"sv, "a GIF picture", PictureCure},
    Signature{0, "ply\nformat "sv, "a PLY point cloud",
              [] { return std::string("pdal translate FILE points.csv"); }},
    Signature{0,
              "\x7F"
              "ELF"sv,
              "a program", PictureCure},
};

bool HasAt(std::string_view start, size_t offset, std::string_view bytes) {
  return start.size() >= offset && start.substr(offset).starts_with(bytes);
}

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f';
}

// Whether the file may be text although it begins with a signature. A CSV header may begin with the letters of a short
// signature, as in "PAR1,PAR2". In the binary files, control characters follow.
bool MayBeText(std::string_view bytes, std::string_view start) {
  constexpr size_t kShortWord = 4;
  constexpr size_t kLooked = 256;
  if (bytes.size() > kShortWord || std::any_of(bytes.begin(), bytes.end(), [](char c) {
        return std::isgraph(static_cast<unsigned char>(c)) == 0;
      })) {
    return false;
  }
  const std::string_view looked = start.substr(0, kLooked);
  return std::none_of(looked.begin(), looked.end(), IsControl);
}

std::optional<ForeignKind> FindSignature(std::string_view start) {
  for (const Signature& signature : kSignatures) {
    if (!HasAt(start, signature.offset, signature.bytes)) continue;
    if (!MayBeText(signature.bytes, start)) return ForeignKind{signature.name, signature.cure()};
  }
  return std::nullopt;
}

// An R object as text. Its lines are: the letter A, the version of the format, the version of R, and the oldest version
// of R that can read it.
std::optional<ForeignKind> FindTextRds(std::string_view start) {
  const bool version2 = start.starts_with("A\n2\n");
  if (!version2 && !start.starts_with("A\n3\n")) return std::nullopt;
  const size_t line_end = start.find('\n', 4);
  const std::string_view oldest = version2 ? "131840\n" : "197888\n";
  if (line_end == std::string_view::npos || !HasAt(start, line_end + 1, oldest))
    return std::nullopt;
  return ForeignKind{"an R object (.rds)", RCure("readRDS(FILE)")};
}

// The name of the first file in a zip archive.
std::string_view FirstInZip(std::string_view start) {
  constexpr size_t kLengthAt = 26;
  constexpr size_t kNameAt = 30;
  if (start.size() < kNameAt) return {};
  const auto byte = [start](size_t i) {
    return static_cast<size_t>(static_cast<unsigned char>(start[i]));
  };
  return start.substr(kNameAt, byte(kLengthAt) + 256 * byte(kLengthAt + 1));
}

std::optional<ForeignKind> FindZip(std::string_view start) {
  const bool zip = start.starts_with("PK\3\4"sv) || start.starts_with("PK\5\6"sv) ||
                   start.starts_with("PK\7\x8"sv);
  if (!zip) return std::nullopt;
  const auto holds = [start](std::string_view text) {
    return start.find(text) != std::string_view::npos;
  };
  const std::string_view first = FirstInZip(start);
  if (holds("opendocument")) return ForeignKind{"an OpenDocument file", SpreadsheetCure()};
  if (holds("xl/")) return ForeignKind{"an Excel workbook", SpreadsheetCure()};
  if (first.ends_with(".npy")) {
    const std::string name(first.substr(0, first.size() - 4));
    return ForeignKind{"an .npz archive of NumPy",
                       "in Python: numpy.save(\"points.npy\", numpy.load(FILE)[\"" + name + "\"])"};
  }
  if (holds("[Content_Types].xml") || holds("word/")) {
    return ForeignKind{"an Excel workbook or another Office file", SpreadsheetCure()};
  }
  if (holds(".kml")) return ForeignKind{"a KMZ file", VectorCure()};
  if (holds(".shp")) return ForeignKind{"a zip archive of a shapefile", VectorCure()};
  return ForeignKind{"a zip archive", UnpackCure("unzip -p")};
}

// Takes a word of letters, digits and `others` that ends its line off the text. False if the line is anything else.
bool TakeWordLine(std::string_view* text, std::string_view others) {
  const size_t end = text->find('\n');
  if (end == std::string_view::npos || end == 0) return false;
  const std::string_view word = text->substr(0, end);
  const auto fits = [others](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  };
  if (!std::all_of(word.begin(), word.end(), fits) || (word[0] >= '0' && word[0] <= '9')) {
    return false;
  }
  text->remove_prefix(end + 1);
  return true;
}

// Protocol 0 of pickle is text. It begins with the module and the name of a class or function, each on a line of its
// own, or with an empty list or dictionary. "p0" gives the object a number.
bool IsTextPickle(std::string_view start) {
  if (start.starts_with("(lp") || start.starts_with("(dp")) {
    start.remove_prefix(2);
  } else if (start.starts_with('c')) {
    start.remove_prefix(1);
    // Names of modules have dots or underscores, such as copy_reg. Other words may be the header of a column.
    if (start.substr(0, start.find('\n')).find_first_of("._") == std::string_view::npos) {
      return false;
    }
    if (!TakeWordLine(&start, "._") || !TakeWordLine(&start, "_")) return false;
    if (start.starts_with('(')) return true;
  }
  return start.size() > 2 && start[0] == 'p' && start[1] >= '0' && start[1] <= '9' &&
         start[2] == '\n';
}

std::optional<ForeignKind> FindPacked(std::string_view start) {
  // The patterns include the start of the compressed data, so that text that begins with BZh is not taken for bzip2.
  const bool bzip2 = start.starts_with("BZh") && HasAt(start, 4, "1AY&SY");
  const bool empty_bzip2 = start.starts_with("BZh") && HasAt(start, 4, "\x17\x72\x45\x38"sv);
  if (bzip2 || empty_bzip2) return ForeignKind{"a bzip2 file", UnpackCure("bzip2 -dc")};
  const bool pickle = (start.size() > 2 && start[0] == '\x80' && start[1] >= 2 && start[1] <= 5) ||
                      IsTextPickle(start);
  if (pickle) {
    return ForeignKind{"a Python pickle",
                       "in Python, if you trust the file: numpy.save(\"points.npy\", "
                       "numpy.asarray(pickle.load(open(FILE, \"rb\"))))"};
  }
  return std::nullopt;
}

// A dBase table, as it accompanies a shapefile: version, date, then counts.
std::optional<ForeignKind> FindDbf(std::string_view start) {
  constexpr size_t kHeader = 32;
  if (start.size() < kHeader) return std::nullopt;
  const bool version =
      std::string_view("\x03\x30\x31\x83\x8B\xF5").find(start[0]) != std::string_view::npos;
  const auto is_between = [start](size_t at, int least, int most) {
    const int value = static_cast<unsigned char>(start[at]);
    return value >= least && value <= most;
  };
  const bool date = is_between(2, 1, 12) && is_between(3, 1, 31);
  if (!version || !date || start[kHeader - 4] > 1) return std::nullopt;
  return ForeignKind{"a dBase table", "ogr2ogr -f CSV points.csv FILE"};
}

// UTF-16 and UTF-32, as some Windows programs and the "Unicode text" of spreadsheets use them.
std::optional<ForeignKind> FindEncoding(std::string_view start) {
  if (start.starts_with("\xFF\xFE\x00\x00"sv) || start.starts_with("\x00\x00\xFE\xFF"sv)) {
    return ForeignKind{"text in UTF-32", IconvCure("UTF-32")};
  }
  if (start.starts_with("\xFF\xFE"sv) || start.starts_with("\xFE\xFF"sv)) {
    return ForeignKind{"text in UTF-16", IconvCure("UTF-16")};
  }
  // Without a byte order mark: every second byte of ASCII characters is NUL.
  constexpr size_t kLooked = 512;
  const std::string_view looked = start.substr(0, std::min(start.size(), kLooked) / 2 * 2);
  std::array<size_t, 2> nuls{};
  for (size_t i = 0; i < looked.size(); ++i) nuls[i % 2] += looked[i] == '\0' ? 1 : 0;
  const size_t pairs = looked.size() / 2;
  if (pairs < 2) return std::nullopt;
  if (nuls[0] == 0 && nuls[1] * 10 >= pairs * 9) {
    return ForeignKind{"text in UTF-16 (little-endian, without a byte order mark)",
                       IconvCure("UTF-16LE")};
  }
  if (nuls[1] == 0 && nuls[0] * 10 >= pairs * 9) {
    return ForeignKind{"text in UTF-16 (big-endian, without a byte order mark)",
                       IconvCure("UTF-16BE")};
  }
  return std::nullopt;
}

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::optional<ForeignKind> FindMarkup(std::string_view start) {
  if (start.starts_with(kByteOrderMark)) start.remove_prefix(kByteOrderMark.size());
  const size_t first = start.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return std::nullopt;
  start.remove_prefix(first);
  const size_t next_at = start.find_first_not_of(" \t\r\n", 1);
  const char next = next_at == std::string_view::npos ? '\0' : start[next_at];
  const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  const auto holds = [start](std::string_view text) {
    return start.find(text) != std::string_view::npos;
  };
  const bool tag = is_letter(next) && (holds("</") || holds("/>"));
  if (start[0] == '<' && (next == '!' || next == '?' || tag)) {
    if (holds("<kml") || holds("<gpx") || holds("gml")) {
      return ForeignKind{"XML with places (KML, GPX or GML)", VectorCure()};
    }
    return ForeignKind{
        "an HTML or XML document",
        "perhaps a web page was downloaded instead of the file; to convert a table in it: "
        "pandas.read_html(FILE)[0].to_csv(\"points.csv\", index=False)"};
  }
  const bool object = start[0] == '{' && (next == '"' || next == '}');
  const bool array = start[0] == '[' && next != '\0' &&
                     std::string_view("{[\"-0123456789]").find(next) != std::string_view::npos;
  if (!object && !array) return std::nullopt;
  if (holds("\"FeatureCollection\"") || holds("\"Feature\"")) {
    return ForeignKind{"GeoJSON", VectorCure()};
  }
  return ForeignKind{"JSON", PandasCure("json")};
}

bool BeginsWithWord(std::string_view text, std::string_view lower_case) {
  return text.size() > lower_case.size() &&
         std::equal(
             lower_case.begin(), lower_case.end(), text.begin(),
             [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); }) &&
         std::isspace(static_cast<unsigned char>(text[lower_case.size()])) != 0;
}

// Text formats that the first lines identify.
std::optional<ForeignKind> FindDescribedText(std::string_view start) {
  if (start.starts_with(kByteOrderMark)) start.remove_prefix(kByteOrderMark.size());
  start.remove_prefix(std::min(start.find_first_not_of(" \t\r\n"), start.size()));
  const size_t second_line = std::min(start.find_first_of("\r\n"), start.size());
  const std::string_view rest = start.substr(second_line);
  const std::string_view below =
      rest.substr(std::min(rest.find_first_not_of("\r\n \t"), rest.size()));
  if (BeginsWithWord(start, "ncols") && BeginsWithWord(below, "nrows")) {
    return ForeignKind{"an ESRI ASCII grid", RasterCure()};
  }
  if (BeginsWithWord(start, "dsaa")) return ForeignKind{"a grid of Surfer", RasterCure()};
  if (BeginsWithWord(start, "@relation")) {
    return ForeignKind{"an ARFF file", RCure("foreign::read.arff(FILE)")};
  }
  return std::nullopt;
}

// Whether the first line contains bytes that do not occur in text.
bool IsBinary(std::string_view start) {
  const std::string_view line = start.substr(0, start.find_first_of("\r\n"));
  return std::any_of(line.begin(), line.end(),
                     [](char c) { return IsControl(c) && c != '\x1B' && c != '\x1A'; });
}

}  // namespace

std::optional<ForeignKind> FindForeignKind(std::string_view start) {
  for (const auto& find : {FindZip, FindEncoding, FindSignature, FindTextRds, FindPacked, FindDbf,
                           FindMarkup, FindDescribedText}) {
    if (std::optional<ForeignKind> kind = find(start)) return kind;
  }
  if (IsBinary(start)) {
    return ForeignKind{"a binary file of an unknown kind", "it must be CSV in UTF-8, or .npy"};
  }
  return std::nullopt;
}

}  // namespace residual_knn
