"""Every Arrow type with the values at its ends, by a column's name."""

import decimal
import json
import random
import struct

import numpy as np
import pyarrow as pa

UNITS = ["s", "ms", "us", "ns"]
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
INT64 = [-(2**63), -(2**53) - 1, -1, 0, 1, 2**53 + 1, 2**63 - 1]
TEXTS = ["", "plain", "a text that is longer than twelve bytes", "é🙂", 'say "hi", now', "two\nlines\tand a tab", "NULL", "\ufeffmark", None]


def of_int64(values, type_):
    return pa.array(values, pa.int64()).view(type_)


def of_unscaled(values, width, type_):
    """Decimals by their integers: no context's precision in between."""
    data = b"".join(int(v or 0).to_bytes(width // 8, "little", signed=True) for v in values)
    bits = bytearray((len(values) + 7) // 8)
    for i, v in enumerate(values):
        if v is not None:
            bits[i // 8] |= 1 << (i % 8)
    return pa.Array.from_buffers(type_, len(values), [pa.py_buffer(bytes(bits)), pa.py_buffer(data)])


def of_intervals(values):
    data = b"".join(struct.pack("<iiq", *(v or (0, 0, 0))) for v in values)
    bits = bytearray((len(values) + 7) // 8)
    for i, v in enumerate(values):
        if v is not None:
            bits[i // 8] |= 1 << (i % 8)
    return pa.Array.from_buffers(pa.month_day_nano_interval(), len(values), [pa.py_buffer(bytes(bits)), pa.py_buffer(data)])


def floats():
    for bits, unsigned, float_, type_ in [
        (16, np.uint16, np.float16, pa.float16()),
        (32, np.uint32, np.float32, pa.float32()),
        (64, np.uint64, np.float64, pa.float64()),
    ]:
        info = np.finfo(float_)
        ends = [0.0, -0.0, np.nan, np.inf, -np.inf, info.max, info.min, info.tiny, info.smallest_subnormal, -info.smallest_subnormal]
        usual = [0.1, 19.99, 1 / 3, 1e-7, 123456.789, 16777216, 1e21, -2.5, 65504]
        with np.errstate(over="ignore"):
            values = np.array([float_(v) for v in ends + usual], float_)
        dice = np.random.default_rng(bits)
        random_bits = dice.integers(0, 2**bits, 200, dtype=np.uint64).astype(unsigned).view(float_)
        yield f"float{bits}", pa.concat_arrays([pa.array(np.concatenate([values, random_bits]), type_), pa.nulls(1, type_)])


def integers():
    for bits in (8, 16, 32, 64):
        signed = [v for v in (-(2 ** (bits - 1)), -1, 0, 1, 2 ** (bits - 1) - 1)]
        yield f"int{bits}", pa.array(signed + (INT64 if bits == 64 else []) + [None], f"int{bits}")
        unsigned = [0, 1, 2**bits - 1] + ([2**53 + 1, 2**63] if bits == 64 else [])
        yield f"uint{bits}", pa.array([*unsigned, None], f"uint{bits}")


def decimals():
    for width, shapes in [
        (32, [(9, 2), (9, 9), (5, 0)]),
        (64, [(18, 3), (18, 0)]),
        (128, [(38, 10), (38, 38), (38, 0), (19, 4), (20, -3)]),
        (256, [(76, 38), (76, 0), (76, 76), (39, 5), (50, -4), (70, -10)]),
    ]:
        for precision, scale in shapes:
            most = 10**precision - 1
            values = [0, 1, -1, most, -most, most // 3, -(most // 7), 5 * 10 ** (precision // 2), None]
            type_ = getattr(pa, f"decimal{width}")(precision, scale)
            yield f"decimal{width}_{precision}_{scale}".replace("-", "minus"), of_unscaled(values, width, type_)


def times():
    yield "date32", pa.array([-(2**31), 2**31 - 1, 0, -1, -719162, 2932896, 19782, None], pa.int32()).view(pa.date32())
    day = 86_400_000
    yield "date64", of_int64([0, -day, day * 19782, -day * 719162, day * 2932896, day * 100_000_000, None], pa.date64())
    for unit in UNITS:
        last = 86_400 * PER_SECOND[unit] - 1
        width = 32 if unit in ("s", "ms") else 64
        values = [0, 1, last, last // 3, None]
        yield f"time_{unit}", pa.array(values, f"int{width}").view(pa.type_for_alias(f"time{width}[{unit}]"))
        # year 9999's end, year 1's beginning and odd fractions, as far as 64 bits of the unit reach
        per = PER_SECOND[unit]
        known = [253402300800 * per - 1, -62135596800 * per + 1, 1704067200 * per + 1, -1, 0, 1, 1709201472 * per + per // 3]
        known = [v for v in known if -(2**63) <= v < 2**63]
        ends = [2**63 - 1, -(2**63)] if unit != "s" else [(2**63 - 1) // 1000, -((2**63) // 1000)]
        for zone in (None, "UTC", "Europe/Berlin", "+05:30"):
            name = f"timestamp_{unit}_{(zone or 'wall').replace('/', '_').replace(':', '').replace('+', 'plus')}"
            yield name, of_int64([*known, *ends, None], pa.timestamp(unit, zone))
        yield f"duration_{unit}", of_int64([*INT64, per, 90061 * per + per // 2, None], pa.duration(unit))
    # read back into Parquet's milliseconds these can't be
    yield "timestamp_s_ends", of_int64([2**63 - 1, -(2**63), 0, None], pa.timestamp("s"))
    ends = [(2**31 - 1, 2**31 - 1, 2**63 - 1), (-(2**31), -(2**31), -(2**63))]
    yield "interval", of_intervals([(0, 0, 0), (1, 2, 3), (-1, 2, -3_500_000_000), (14, 0, 0), (0, -3, 0), *ends, None])


def texts():
    for type_ in (pa.string(), pa.large_string(), pa.string_view()):
        yield str(type_), pa.array(TEXTS, type_)
    values = [b"", b"\x00\xff", b"bytes that are longer than a view", None]
    for type_ in (pa.binary(), pa.large_binary(), pa.binary_view()):
        yield str(type_), pa.array(values, type_)
    yield "fixed_size_binary", pa.array([b"\x00\x01\x02\x03", b"\xff" * 4, None], pa.binary(4))


def other_layouts():
    words = pa.array(["x", "a longer word than a view holds", "y", "x", None, "y"])
    yield "dictionary", words.dictionary_encode()
    yield "dictionary_int8", pa.DictionaryArray.from_arrays(pa.array([1, 0, None, 1], pa.int8()), pa.array(["a", "b"]))
    yield "dictionary_uint64", pa.DictionaryArray.from_arrays(pa.array([1, 0, None], pa.uint64()), pa.array(["a", None]))
    far = of_int64([253402300799999999, -1, 0], pa.timestamp("us", "Europe/Berlin"))
    keys = pa.array([0, 2, None, 1, 0], pa.int32())
    yield "dictionary_of_timestamps", pa.DictionaryArray.from_arrays(keys, far)
    yield "dictionary_of_durations", pa.DictionaryArray.from_arrays(keys, of_int64([2**63 - 1, 1, 0], pa.duration("s")))
    large = of_unscaled([10**75, -(10**75) - 1, 5], 256, pa.decimal256(76, 38))
    yield "dictionary_of_decimals", pa.DictionaryArray.from_arrays(keys, large)
    yield "dictionary_of_lists", pa.DictionaryArray.from_arrays(keys, pa.array([[1], None, [2, 3]], pa.list_(pa.int64())))
    inner = pa.array(["u", "v", "u"]).dictionary_encode()
    struct_ = pa.StructArray.from_arrays([inner, pa.array([1, 2, 3])], ["word", "n"])
    yield "dictionary_of_dictionaries", pa.DictionaryArray.from_arrays(pa.array([2, 1, None, 0], pa.int32()), struct_)
    ends = pa.array([2, 3, 6], pa.int32())
    yield "runs_of_texts", pa.RunEndEncodedArray.from_arrays(ends, pa.array(["a", None, "b"]))
    yield "runs_of_timestamps", pa.RunEndEncodedArray.from_arrays(pa.array([1, 4, 5], pa.int64()), far)
    yield "runs_of_integers", pa.RunEndEncodedArray.from_arrays(pa.array([1, 4, 5], pa.int16()), pa.array([2**53 + 1, None, 7]))


def lists():
    inner = {
        "int64": pa.array(INT64),
        "timestamp": of_int64([253402300799999999, -62135596799999999, 1, None, 0, 1, 2], pa.timestamp("us")),
        "decimal256": of_unscaled([10**75, -(10**75), 1, None, 5, 6, 7], 256, pa.decimal256(76, 38)),
        "dictionary": pa.array(["a", "b", None, "a", "c", "a", "b"]).dictionary_encode(),
        "float32": pa.array([0.1, -0.0, float("nan"), float("inf"), None, 1e-45, 19.99], pa.float32()),
        "seconds": of_int64([1, -1, None, 253402300799, 0, 5, 6], pa.timestamp("s", "UTC")),
        "date64": of_int64([86_400_000, None, 0, -86_400_000, 0, 0, 0], pa.date64()),
        "runs": pa.RunEndEncodedArray.from_arrays(pa.array([2, 5, 7], pa.int32()), pa.array(["p", None, "q"])),
        "view": pa.array(["short", None, "a text longer than a view", "", "x", "y", "z"], pa.string_view()),
        "bool": pa.array([True, None, False, True, True, False, True]),
        "struct": pa.StructArray.from_arrays(
            [pa.array(INT64), of_int64(INT64, pa.duration("ns"))], ["n", "took"], mask=pa.array([False] * 6 + [True])
        ),
    }
    offsets = [0, 2, None, 5, 5, 7]
    for name, values in inner.items():
        yield f"list_{name}", pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)
        yield f"large_list_{name}", pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), values)
        if name == "runs":
            continue
        mask = pa.array([False, True, False])
        yield f"fixed_list_{name}", pa.FixedSizeListArray.from_arrays(values.slice(0, 6), 2, mask=mask)
        starts, sizes = [4, 0, 3, 1, 0], [3, 2, 0, 4, 0]
        nulls = pa.array([False, False, False, False, True])
        yield f"list_view_{name}", pa.ListViewArray.from_arrays(
            pa.array(starts, pa.int32()), pa.array(sizes, pa.int32()), values, mask=nulls
        )
        yield f"large_list_view_{name}", pa.LargeListViewArray.from_arrays(
            pa.array(starts, pa.int64()), pa.array(sizes, pa.int64()), values, mask=nulls
        )


def nested():
    yield "struct", pa.StructArray.from_arrays(
        [pa.array([1, None, 2**53 + 1]), of_int64([253402300799999999, 1, None], pa.timestamp("us")), pa.array(["a", "b", "c"]).dictionary_encode()],
        ["n", "at", "word"],
        mask=pa.array([False, True, False]),
    )
    deep = pa.StructArray.from_arrays([pa.array([[[1, None], None], None, [[2**63 - 1]]], pa.list_(pa.list_(pa.int64())))], ["rows"])
    yield "struct_of_lists", pa.StructArray.from_arrays([deep, of_unscaled([1, None, -(10**75)], 256, pa.decimal256(76, 38))], ["deep", "amount"])
    yield "map", pa.array([[("a", 2**53 + 1), ("b", None)], [], None], pa.map_(pa.string(), pa.int64()))
    yield "map_of_timestamps", pa.array([[(1, 253402300799999999), (-1, 0)], None], pa.map_(pa.int32(), pa.int64())).cast(
        pa.map_(pa.int32(), pa.timestamp("us"))
    )
    yield "map_with_a_key_twice", pa.array([[("a", 1), ("a", 2)], [("__proto__", 3)]], pa.map_(pa.string(), pa.int64()))
    kinds, offsets = pa.array([0, 1, 0, 1, 1], pa.int8()), pa.array([1, 0, 0, 2, 1], pa.int32())
    children = [pa.array([2**53 + 1, None]), of_int64([253402300799999999, 1, None], pa.timestamp("us"))]
    yield "dense_union", pa.UnionArray.from_dense(kinds, offsets, children, ["n", "at"])
    yield "dense_union_of_other_numbers", pa.UnionArray.from_dense(pa.array([5, 7, 5, 7, 7], pa.int8()), offsets, children, ["n", "at"], [5, 7])
    yield "sparse_union", pa.UnionArray.from_sparse(
        kinds, [pa.array([1, 2, None, 4, 5]), pa.array(["a", "b", "c", None, "e"])], ["n", "s"]
    )
    union = pa.UnionArray.from_sparse(kinds, [pa.array([1, 2, None, 4, 5]), pa.array(["a", "b", "c", None, "e"])], ["n", "s"])
    yield "list_of_unions", pa.ListArray.from_arrays(pa.array([0, 2, 2, 5], pa.int32()), union)


def others():
    yield "bool", pa.array([True, False, None, True])
    yield "null", pa.nulls(3)
    yield "empty_struct", pa.array([{}, None, {}], pa.struct([]))
    yield "list_of_nulls", pa.array([[None, None], None, []], pa.list_(pa.null()))
    yield "uuid", pa.ExtensionArray.from_storage(pa.uuid(), pa.array([bytes(range(16)), None], pa.binary(16)))
    yield "json_text", pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"a": 1.0}', None]))
    yield "bool8", pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1, 0, None], pa.int8()))


def arrays():
    for group in (integers, floats, decimals, times, texts, other_layouts, lists, nested, others):
        yield from group()
