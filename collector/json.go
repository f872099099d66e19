package collector

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// An Encoder writes snapshots as JSON, byte for byte as encoding/json does, and allocates nothing but the space for
// it: a snapshot has hundreds of Numbers, and encoding/json makes a piece of garbage of each. A part that it has written
// for the snapshot before, and that is shared with this one, it writes again without looking into it: parts must not
// change. Make one with NewEncoder; it may be used by one goroutine at a time.
type Encoder struct {
	snapshot encode
}

// An encode appends the JSON of v.
type encode func(b []byte, v reflect.Value) []byte

// NewEncoder looks at the shape of a snapshot once.
func NewEncoder() *Encoder {
	return &Encoder{snapshot: structEncoder(reflect.TypeFor[Snapshot](), remembering)}
}

// Append appends the JSON of s to b. A float64 that JSON cannot have is written as null.
func (e *Encoder) Append(b []byte, s *Snapshot) []byte {
	return e.snapshot(b, reflect.ValueOf(s).Elem())
}

// encoderOf knows the kinds that snapshots are made of, and takes encoding/json for every other.
func encoderOf(t reflect.Type) encode {
	if t == reflect.TypeFor[Number]() {
		return func(b []byte, v reflect.Value) []byte {
			return Number{value: v.Field(0).Float(), known: v.Field(1).Bool()}.AppendJSON(b)
		}
	}
	switch t.Kind() {
	case reflect.Struct:
		return structEncoder(t, encoderOf)
	case reflect.Pointer:
		of := encoderOf(t.Elem())
		return func(b []byte, v reflect.Value) []byte {
			if v.IsNil() {
				return append(b, "null"...)
			}
			return of(b, v.Elem())
		}
	case reflect.Slice:
		of := encoderOf(t.Elem())
		return func(b []byte, v reflect.Value) []byte {
			if v.IsNil() {
				return append(b, "null"...)
			}
			b = append(b, '[')
			for i := range v.Len() {
				if i > 0 {
					b = append(b, ',')
				}
				b = of(b, v.Index(i))
			}
			return append(b, ']')
		}
	case reflect.String:
		return func(b []byte, v reflect.Value) []byte { return appendString(b, v.String()) }
	case reflect.Bool:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendBool(b, v.Bool()) }
	case reflect.Int, reflect.Int32, reflect.Int64:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendInt(b, v.Int(), 10) }
	case reflect.Float64:
		return appendFloat
	case reflect.Uint64:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendUint(b, v.Uint(), 10) }
	}
	return appendOther
}

// appendFloat writes as ES6 does, which changes to exponents outside these bounds.
func appendFloat(b []byte, v reflect.Value) []byte {
	if f := math.Abs(v.Float()); f == 0 || 1e-6 <= f && f < 1e21 {
		return strconv.AppendFloat(b, v.Float(), 'f', -1, 64)
	}
	return appendOther(b, v)
}

func appendOther(b []byte, v reflect.Value) []byte {
	text, err := json.Marshal(v.Interface())
	if err != nil {
		return append(b, "null"...)
	}
	return append(b, text...)
}

// remembering is encoderOf with a memory of the last value, where that is a pointer or a slice.
func remembering(t reflect.Type) encode {
	of := encoderOf(t)
	if t.Kind() != reflect.Pointer && t.Kind() != reflect.Slice {
		return of
	}
	var last unsafe.Pointer // it keeps what it points to, so nothing else can be there
	var length int
	var text []byte
	return func(b []byte, v reflect.Value) []byte {
		at, n := v.UnsafePointer(), 1
		if v.Kind() == reflect.Slice {
			n = v.Len()
		}
		if at != nil && at == last && n == length {
			return append(b, text...)
		}
		start := len(b)
		b = of(b, v)
		last, length, text = at, n, append(text[:0], b[start:]...)
		return b
	}
}

// structEncoder writes the fields as their tags say, each by what of makes for its type. An embedded struct's are written as
// if they were its own.
func structEncoder(t reflect.Type, of func(reflect.Type) encode) encode {
	type field struct {
		index     []int
		name      string // with quotes, colon and the comma before
		encode    encode
		omitEmpty bool
		omitZero  bool
	}
	var fields []field
	for _, f := range reflect.VisibleFields(t) {
		tag := f.Tag.Get("json")
		if f.Anonymous || !f.IsExported() || tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if name == "" {
			name = f.Name
		}
		fields = append(fields, field{f.Index, "," + strconv.Quote(name) + ":", of(f.Type), options == "omitempty", options == "omitzero"})
	}
	return func(b []byte, v reflect.Value) []byte {
		b = append(b, '{')
		start := len(b)
		for i := range fields {
			f := &fields[i]
			value := v.Field(f.index[0])
			for _, inner := range f.index[1:] {
				value = value.Field(inner)
			}
			if f.omitEmpty && isEmpty(value) || f.omitZero && value.IsZero() {
				continue
			}
			name := f.name
			if len(b) == start {
				name = name[1:]
			}
			b = f.encode(append(b, name...), value)
		}
		return append(b, '}')
	}
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// appendString escapes what JSON demands and, as encoding/json does, what would mean something inside HTML or JavaScript.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		s = s[size:]
		switch {
		case r == utf8.RuneError && size == 1: // a byte that is not UTF-8
			b = append(b, `\ufffd`...)
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r == '\b':
			b = append(b, `\b`...)
		case r == '\f':
			b = append(b, `\f`...)
		case r < ' ' || r == '<' || r == '>' || r == '&':
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&0xf])
		case r == '\u2028' || r == '\u2029':
			b = append(b, `\u202`...)
			b = append(b, hex[r&0xf])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
