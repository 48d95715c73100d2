"""What honest pickles of scikit-learn Pipelines name: found by pickling everything that scikit-learn has, and more."""

import re
import sys

LIBRARIES = {"sklearn", "_loss", "numpy", "scipy", "pandas", "joblib", "xgboost", "lightgbm", "catboost", "_catboost",
             "dateutil", "pytz"}  # fmt: skip
"""Whose names are judged one by one; `_loss` is how scikit-learn 1.3 to 1.5 name their own module."""

PYTHON = {
    "_codecs": {"encode"},
    "array": {"array", "_array_reconstructor"},
    "builtins": {
        *("object", "type", "int", "float", "complex", "bool", "str", "bytes", "bytearray", "list", "tuple", "dict"),
        *("set", "frozenset", "range", "slice", "Ellipsis", "NotImplemented", "None", "True", "False"),
        *("abs", "all", "any", "len", "max", "min", "round", "sorted", "sum"),
    },
    "collections": {"OrderedDict", "defaultdict", "Counter", "deque", "ChainMap"},
    "copyreg": {"_reconstructor", "__newobj__", "__newobj_ex__"},
    "datetime": {"date", "datetime", "time", "timedelta", "timezone"},
    "decimal": {"Decimal"},
    "fractions": {"Fraction"},
    "logging": {"getLogger"},
    "math": {"ceil", "cos", "exp", "expm1", "fabs", "floor", "fsum", "isinf", "isnan", "log", "log10", "log1p", "log2",
             "pow", "sin", "sqrt", "tan", "tanh", "trunc"},
    "pathlib": {"Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath", "PureWindowsPath"},
    "pathlib._local": {"PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"},
    "re": {"_compile", "RegexFlag"},
    "types": {"SimpleNamespace"},
    "zoneinfo": {"ZoneInfo"},
}  # fmt: skip
"""Of Python's own modules, what is neither able to run something nor to touch files."""

UNCALLED = {
    *("abs", "all", "any", "len", "max", "min", "round", "sorted", "sum"),
    *("__import__", "ceil", "cos", "exp", "expm1", "fabs", "floor", "fsum", "isinf", "isnan", "log", "log10", "log1p"),
    *("log2", "pow", "sin", "sqrt", "tan", "tanh", "trunc"),
}
"""Functions of these, which a transformer may hold; to call them at load would be for what they do on the way."""

FORMER = {"__builtin__", "aifc", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk", "compression", "crypt",
          "distutils", "imghdr", "imp", "lib2to3", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes",
          "smtpd", "sndhdr", "spwd", "sunau", "telnetlib", "test", "uu", "xdrlib"}  # fmt: skip
"""Python's own modules in some version that may read the file, though not in each."""

CLASS = re.compile(r"_?[A-Z]\w*")

CLOSED = re.compile(
    r"(numpy|scipy|sklearn|pandas|joblib|xgboost|lightgbm|catboost)\.(\w+\.)*?"
    r"(_?testing|tests|conftest|f2py|distutils|ctypeslib|_?ctypeslib|datasets|externals|io|_?npyio|_npyio_impl|callback|_generate_pyx|_precompute|"
    r"_testutils|_mptestutils|_docscrape|parsers|json|writers|"
    r"_?datasource|compat|computation|clipboard|plotting|_build_utils|dask|spark|tracker)(\.\w+)*"
)
"""Modules that read files, build extensions, evaluate text or start processes."""

IMPORTED = {
    *("attrgetter", "itemgetter", "methodcaller", "partial", "partialmethod", "reduce", "wraps"),
    *("ABC", "ABCMeta", "Any", "ArgumentParser", "Array", "BarColumn", "BytesIO", "Callable", "ClassVar", "Client"),
    *("Collection", "Connection", "ContextVar", "Counter", "Enum", "Final", "Generic", "GenericAlias", "Hashable"),
    *("IO", "Iterable", "Iterator", "IntEnum", "IntFlag", "Flag", "Listener", "Literal", "LocaleTime", "Lock"),
    *("Mapping", "MethodType", "ModuleType", "MutableMapping", "NamedTuple", "NoReturn", "OrderedDict", "Parameter"),
    *("ParamSpec", "Path", "PathLike", "Popen", "Pool", "Process", "Progress", "Protocol", "Queue", "RLock"),
    *("RawTextHelpFormatter", "S", "Self", "Sequence", "SimpleNamespace", "SkipTest", "StringIO", "TarFile"),
    *("TemporaryDirectory", "TestCase", "TextIOWrapper", "Thread", "ThreadPool", "ThreadPoolExecutor"),
    *("ProcessPoolExecutor", "ThreadpoolController", "Timer", "TypeVar", "TypedDict", "UserDict", "ZipFile"),
    *("ExitStack", "FunctionType", "CodeType", "PyCFuncPtr", "_GenericAlias", "_TimeRE", "_ZoneInfo", "_nullcontext"),
    *("cached_property", "catch_warnings", "dataclass", "deepcopy", "field", "filterwarnings", "instancemethod"),
    *("get_close_matches", "lru_cache", "namedtuple", "nullcontext", "signature", "simplefilter", "suppress", "timer"),
    *("warn", "wrapped_inspect_signature", "exec", "eval", "getattr", "setattr", "import_module", "open"),
}
"""What libraries import from Python's own modules under the same name; and of no one's in lower case."""

HARMFUL = re.compile(
    r"numpy\.(\w+\.)*(DataSource|NpzFile|memmap)|pandas\.(ExcelFile|ExcelWriter|HDFStore)"
    r"|scipy\.sparse\.(\w+\.)*(save_npz|load_npz)|(numpy|scipy)\.(\w+\.)*(test|PytestTester)"
    r"|scipy\.(\w+\.)*(LowLevelCallable|show_options|show_config)|numpy\.ma\.core\.(dumps?|fromfile)"
)
"""They touch files, or remove some when they go."""

JOBLIB = {"joblib.numpy_pickle.NumpyArrayWrapper", "joblib.memory.Memory", "joblib.logger.Logger",
          "joblib._store_backends.FileSystemStoreBackend"}  # fmt: skip

NAMED = re.compile(
    r"numpy\.(ndarray|matrix|memmap|recarray|record|rec\.recarray|rec\.record|vectorize|poly1d|ma\.core\.\w*)"
    r"|numpy\.(_?core\.records|lib\._polynomial_impl|lib\.polynomial|lib\._function_base_impl|lib\.function_base)"
    r"\.(recarray|record|poly1d|vectorize)"
    r"|numpy\.(u?int(8|16|32|64|c|p|_)?|u?(byte|short|long|longlong)|float(16|32|64|96|128|_)?|half|single|double"
    r"|longdouble|longfloat|complex(64|128|192|256|_)?|csingle|cdouble|clongdouble|bool_?|bool8|str_|bytes_|object_|void"
    r"|datetime64|timedelta64|number|integer|floating|inexact|generic|character|flexible|(un)?signedinteger)"
    r"|numpy\.((_core|core)\._multiarray_umath\.)?"  # where numpy before 2.2 has what it computes by element
    r"(abs|absolute|add|arc\w+|argmax|argmin|argsort|around|array|asanyarray|asarray|ascontiguousarray|atleast_\w+"
    r"|average|broadcast_to|cbrt|ceil|clip|column_stack|concatenate|copysign|cos|cosh|cumprod|cumsum|deg2rad|degrees|diff"
    r"|digitize|divide|dot|dstack|equal|exp|exp2|expand_dims|expm1|fabs|float_power|floor|floor_divide|fmax|fmin|fmod"
    r"|greater|greater_equal|hstack|hypot|interp|isfinite|isin|isinf|isnan|less|less_equal|log|log10|log1p|log2|logaddexp"
    r"|logical_\w+|matmul|max|maximum|mean|median|min|minimum|mod|moveaxis|multiply|nan_to_num|nan(max|mean|median|min"
    r"|percentile|quantile|std|sum|var)|negative|norm|not_equal|ones_like|percentile|positive|power|prod|ptp|quantile"
    r"|rad2deg|radians|ravel|reciprocal|remainder|repeat|reshape|rint|round|searchsorted|sign|signbit|sin|sinh|spacing"
    r"|split|sqrt|square|squeeze|stack|std|subtract|sum|swapaxes|take|tan|tanh|tile|transpose|true_divide|trunc|unique"
    r"|var|vstack|where|zeros_like)"
    r"|numpy\.linalg(\.\w+)?\.(norm|inv|pinv|det)"
    r"|scipy\.(special|stats|spatial|interpolate|optimize|linalg|signal|ndimage|sparse)(\.\w+)*\.[a-z]\w*"
    r"|scipy\._lib\.array_api_compat\.numpy\._aliases\.\w+"
    r"|sklearn\.(metrics|feature_selection)(\.\w+)*\.\w+_(score|loss|error|kernel|distances|distances_argmin|similarity"
    r"|deviance|ratio|regression|classif|corrcoef|curve|matrix|report|coefficient)"
    r"|sklearn\.metrics(\.\w+)*\.(newObj|max_error|auc|log_loss|chi2_kernel|paired_\w+|pairwise_\w+|make_scorer"
    r"|_passthrough_scorer|_cached_call)"
    r"|sklearn\.feature_selection\.\w+\.chi2"
    r"|sklearn\.preprocessing\._\w+\.(scale|\w+_scale|normalize|binarize|add_dummy_feature|label_binarize"
    r"|(power|quantile)_transform)"
    r"|sklearn\.compose\._column_transformer\.make_column_selector"
    r"|sklearn\.(cluster\._kmeans|decomposition\._fastica|gaussian_process\.\w+|covariance\._\w+)\.[a-z_]\w*"
    r"|sklearn\.utils\.(validation\.check_(array|X_y)|_indexing\.resample|resample|multiclass\.\w+|extmath\.\w+"
    r"|metaestimators\.\w+)"
    r"|pandas\.(to_(numeric|datetime|timedelta)|isna|isnull|notna|notnull|get_dummies|cut|qcut|concat|factorize|unique)"
    r"|pandas\.core\.tools\.\w+\.to_(numeric|datetime|timedelta)"
    r"|pandas\.core\.(dtypes\.missing|reshape\.\w+|algorithms)"
    r"\.(isna|isnull|notna|notnull|get_dummies|cut|qcut|concat|factorize|unique)"
    r"|dateutil\.(relativedelta\.relativedelta|tz\.(\w+\.)?(tz\w+|gettz))|pytz\.\w+|pytz\.tzinfo\.\w+"
)
"""Functions, and classes in lower case, that may be named; calling them at load is another matter."""

CALLED = re.compile(
    r"numpy\.(dtype|(_core|core)\.multiarray\.(_reconstruct|scalar)|(_core|core)\.numeric\._frombuffer"
    r"|(_core|core)\._internal\._convert_to_stringdtype_kwargs"
    r"|ma\.core\._mareconstruct|random\._pickle\.__\w+_ctor|random\.\w+\.__pyx_unpickle_\w+)"
    r"|scipy\.([a-z]\w*\.)*_\w+\.__pyx_unpickle_\w+"
    r"|(_loss|sklearn\.(_loss\.\w+|linear_model\._sgd_fast|tree\.(_tree|_criterion|_splitter)|metrics\._dist_metrics"
    r"|neighbors\._(kd|ball|quad)_tree|ensemble\._hist_gradient_boosting\.\w+))\.(_?[A-Z]\w*|newObj)"
    r"|(_loss|sklearn\.(\w+\.)*_\w+)\.__pyx_unpickle_\w+"
    r"|pandas\.(DateOffset|Interval|Period|Timestamp|Timedelta|\w+Dtype)"
    r"|pandas\._libs\.(tslibs\.\w+|internals|interval|arrays|missing|index|hashtable|sparse)"
    r"\.(_?[A-Z]\w*|\w*_unpickle\w*|__pyx_unpickle_\w+)"
    r"|pandas\._libs\.\w+\.(\w*_unpickle\w*|__pyx_unpickle_\w+)"
    r"|pandas\.core\.indexes\.\w+\._new_\w+|pandas\.core\.dtypes\.dtypes\.\w+Dtype"
    r"|pandas\.core\.internals\.\w+\.(\w*Manager|new_block)"
    r"|pandas\.core\.arrays(\.\w+)+\.(\w+Dtype|\w*(Categorical|String|Boolean|Integer|Floating|Datetime|Timedelta"
    r"|Period|Interval|Sparse|Numpy|Pandas|NumpyExtension|ArrowExtension)(Array|Index)?)"
    r"|pandas\.core\.indexes\.\w+\.(FrozenList|FrozenNDArray|\w*Index)"
    r"|dateutil\.(relativedelta\.relativedelta|tz\.(tz\w+|gettz)|tz\.\w+\.tz\w+)|pytz\.(_p|_UTC)"
)
"""What is called when such a pickle is loaded, beside making objects of classes without their __init__."""

TOOLS = {
    *("app", "cli", "commands", "serving", "worker"),  # this project's own
    *("_distutils_hack", "_pytest", "IPython", "PIL", "anyio", "asyncpg", "awslambdaric", "boto3", "botocore", "click"),
    *("fastapi", "httpcore", "httpx", "ipykernel", "jinja2", "limits", "mangum", "matplotlib", "mpl_toolkits", "mypy"),
    *("nt", "numba", "paramiko", "pexpect", "picklescan", "pip", "pkg_resources", "posix", "psutil", "pydantic"),
    *("pydantic_core", "pytest", "requests", "rich", "s3transfer", "setuptools", "starlette", "sympy", "typer"),
    *("six", "threadpoolctl", "typing_extensions", "urllib3", "uv", "uvicorn", "uvloop", "watchfiles", "wheel", "yaml"),
}
"""What the service itself, or whoever trains, has at hand: a pickle could call it, and no Pipeline needs it."""


def is_python(module: str) -> bool:
    first = module.partition(".")[0]
    return first in sys.stdlib_module_names or first in FORMER


def is_library(module: str) -> bool:
    return module.partition(".")[0] in LIBRARIES
