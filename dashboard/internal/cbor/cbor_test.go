package cbor

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
)

// TestVectors: RFC 8949 appendix A, all that JSON can say, and the edges of ours.
func TestVectors(t *testing.T) {
	numbers := func(from, to int) string {
		var list []string
		for i := from; i <= to; i++ {
			list = append(list, strconv.Itoa(i))
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	tests := []struct{ json, want string }{
		{`0`, "00"},
		{`1`, "01"},
		{`10`, "0a"},
		{`23`, "17"},
		{`24`, "1818"},
		{`25`, "1819"},
		{`100`, "1864"},
		{`1000`, "1903e8"},
		{`1000000`, "1a000f4240"},
		{`1000000000000`, "1b000000e8d4a51000"},
		{`18446744073709551615`, "1bffffffffffffffff"},
		{`-18446744073709551616`, "3bffffffffffffffff"},
		{`-1`, "20"},
		{`-10`, "29"},
		{`-100`, "3863"},
		{`-1000`, "3903e7"},
		{`0.0`, "f90000"},
		{`-0.0`, "f98000"},
		{`1.0`, "f93c00"},
		{`1.1`, "fb3ff199999999999a"},
		{`1.5`, "f93e00"},
		{`65504.0`, "f97bff"},
		{`100000.0`, "fa47c35000"},
		{`3.4028234663852886e+38`, "fa7f7fffff"},
		{`1.0e+300`, "fb7e37e43c8800759c"},
		{`5.960464477539063e-8`, "f90001"},
		{`0.00006103515625`, "f90400"},
		{`-4.0`, "f9c400"},
		{`-4.1`, "fbc010666666666666"},
		{`false`, "f4"},
		{`true`, "f5"},
		{`null`, "f6"},
		{`""`, "60"},
		{`"a"`, "6161"},
		{`"IETF"`, "6449455446"},
		{`"\"\\"`, "62225c"},
		{`"\u00fc"`, "62c3bc"},
		{`"ü"`, "62c3bc"},
		{`"\u6c34"`, "63e6b0b4"},
		{`"\ud800\udd51"`, "64f0908591"},
		{`[]`, "80"},
		{`[1,2,3]`, "83010203"},
		{`[1, [2, 3], [4, 5]]`, "8301820203820405"},
		{numbers(1, 25), "98190102030405060708090a0b0c0d0e0f101112131415161718181819"},
		{`{}`, "a0"},
		{`{"a": 1, "b": [2, 3]}`, "a26161016162820203"},
		{`["a", {"b": "c"}]`, "826161a161626163"},
		{`{"a": "A", "b": "B", "c": "C", "d": "D", "e": "E"}`, "a56161614161626142616361436164614461656145"},

		{numbers(1, 23), "970102030405060708090a0b0c0d0e0f1011121314151617"},
		{numbers(1, 24), "98180102030405060708090a0b0c0d0e0f10111213141516171818"},
		{"[" + numbers(1, 24) + ",1]", "8298180102030405060708090a0b0c0d0e0f1011121314151617181801"},
		{`255`, "18ff"},
		{`256`, "190100"},
		{`65535`, "19ffff"},
		{`65536`, "1a00010000"},
		{`4294967295`, "1affffffff"},
		{`4294967296`, "1b0000000100000000"},
		{`-24`, "37"},
		{`-25`, "3818"},
		{`-18446744073709551615`, "3bfffffffffffffffe"},
		{`18446744073709551616`, "fa5f800000"},
		{`-18446744073709551617`, "fadf800000"},
		{`184467440737095516160`, "fa61200000"},
		{`100000000000000000000000000000000000000000000000000`, "fb4a511b0ec57e649a"},
		{`-0`, "f98000"},
		{`1e3`, "f963d0"},
		{`1E-400`, "f90000"},
		{`1e400`, "f97c00"},
		{`-1e400`, "f9fc00"},
		{`65520.0`, "fa477ff000"},
		{`65536.0`, "fa47800000"},
		{`65505.0`, "fa477fe100"},
		{`2.9802322387695312e-8`, "fa33000000"}, // half of the smallest half
		{`8.940696716308594e-8`, "fa33c00000"},  // one and a half of it
		{`" \u0000\n\r\t\b\f\/\u001F"`, "6920000a0d09080c2f1f"},
		{`"\ud800"`, "63efbfbd"},
		{`"\ud800\n"`, "64efbfbd0a"},
		{`"\udd51\ud800"`, "66efbfbdefbfbd"},
		{`"\ud800\ndd51"`, "68efbfbd0a64643531"},
		{`"\ud800\u0041"`, "64efbfbd41"},
		{`"\ud800\ud800\udd51"`, "67efbfbdf0908591"},
		{"\"a\xffü\"", "6661efbfbdc3bc"},
		{`"\t` + strings.Repeat("a", 22) + `"`, "7709" + strings.Repeat("61", 22)},
		{`"\t` + strings.Repeat("a", 23) + `"`, "781809" + strings.Repeat("61", 23)},
		{`"` + strings.Repeat("a", 300) + `"`, "79012c" + strings.Repeat("61", 300)},
		{`"\n` + strings.Repeat("ä", 150) + `"`, "79012d0a" + strings.Repeat("c3a4", 150)},
		{" \t\r\n{ \"a\" : [ ] , \"a\" : { } } \n", "a261618061" + "61a0"},
		{strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth), strings.Repeat("81", MaxDepth-1) + "80"},
	}
	for _, test := range tests {
		got, err := Append([]byte("before"), []byte(test.json))
		if err != nil || string(got[:6]) != "before" || hex.EncodeToString(got[6:]) != test.want {
			t.Errorf("%s: got %x, %v, want %s behind what was there", test.json, got, err, test.want)
		}
		if err := same(test.json, got[6:]); err != nil {
			t.Errorf("%s: %v", test.json, err)
		}
	}
}

func TestNotJSON(t *testing.T) {
	deep := strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1)
	for _, in := range []string{
		"", " ", "x", "nul", "nulL", "truefalse", "1 2", "[1,]", "[,1]", "[1 2]", "[", "[1", "[1,", "]", "{", "{}}", `{"a"}`, `{"a":}`, `{"a":1,}`,
		`{a:1}`, `{1:1}`, `{"a" 1}`, `{"a" 11}`, `{"a";1}`, `{"a":1`, `{"a":1]`, `[1}`, "01", "-", "-a", "+1", ".5", "1.", "1.e1", "1e", "1e+", "0x1", "00", "-01", "NaN", "Infinity",
		`"`, `"a`, `"\`, `"\x"`, `"\u`, `"\u12"`, `"\u123g"`, `"\ud800\u12"`, `"\ud800\`, "\"\n\"", "\"\x00\"", "\"a\x1f\"", "'a'", "[1]\x00", "\ufeff1", deep,
	} {
		got, err := Append([]byte("before"), []byte(in))
		if err == nil || string(got) != "before" {
			t.Errorf("%s: got %q, %v", in, got, err)
		}
		if json.Valid([]byte(in)) && in != deep {
			t.Errorf("%s is JSON", in)
		}
	}
}

// TestHalf: every half there is, to the bit.
func TestHalf(t *testing.T) {
	for h := range 1 << 16 {
		if h>>10&31 == 31 && h&1023 != 0 { // not a number
			continue
		}
		f := halfFloat(uint16(h))
		in := strconv.FormatFloat(f, 'e', -1, 64)
		if math.IsInf(f, 0) {
			in = strings.Replace(strings.TrimSuffix(in, "Inf"), "+", "", 1) + "1e999"
		}
		want := string([]byte{0xf9, byte(h >> 8), byte(h)})
		if got, err := Append(nil, []byte(in)); err != nil || string(got) != want {
			t.Fatalf("%s: got %x, %v, want %x", in, got, err, want)
		}
	}
}

// same compares CBOR with the JSON that it came from, as encoding/json reads that.
func same(text string, b []byte) error {
	v, err := decode(b)
	if err != nil {
		return fmt.Errorf("%x: %w", b, err)
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var want any
	if err := d.Decode(&want); err != nil {
		return err
	}
	return equal(v, want)
}

func equal(v, want any) error {
	different := fmt.Errorf("got %v, want %v", v, want)
	switch want := want.(type) {
	case map[string]any:
		pairs, ok := v.([][2]any)
		if !ok {
			return different
		}
		last := map[string]any{} // of a key that is there twice, encoding/json keeps the last
		for _, pair := range pairs {
			last[pair[0].(string)] = pair[1]
		}
		if len(last) != len(want) {
			return different
		}
		for key := range want {
			if _, ok := last[key]; !ok {
				return different
			}
			if err := equal(last[key], want[key]); err != nil {
				return err
			}
		}
		return nil
	case []any:
		list, ok := v.([]any)
		if !ok || len(list) != len(want) {
			return different
		}
		for i := range want {
			if err := equal(list[i], want[i]); err != nil {
				return err
			}
		}
		return nil
	case json.Number:
		n, integer := new(big.Int).SetString(string(want), 10)
		most := new(big.Int).Lsh(big.NewInt(1), 64)
		if integer && string(want) != "-0" && n.Cmp(most) < 0 && n.Cmp(new(big.Int).Neg(most)) >= 0 {
			if got, ok := v.(*big.Int); !ok || got.Cmp(n) != 0 {
				return different
			}
			return nil
		}
		f, _ := strconv.ParseFloat(string(want), 64)
		if got, ok := v.(float64); !ok || math.Float64bits(got) != math.Float64bits(f) {
			return different
		}
		return nil
	}
	if v != want {
		return different
	}
	return nil
}

func FuzzAppend(f *testing.F) {
	f.Add(`{"id":"k3f9a1-1042","at":1763638612345,"gap":true,"data":{"cpu":[0.25,1,0.1],"name":"caf\u00e9 \ud83d\ude00","none":null}}`)
	f.Add(`[-0,1e5,-18446744073709551616,1.5e-7,65504.0,[],{}," \n "]`)
	f.Add("\"\xff\\ud800\\u\"")
	f.Fuzz(func(t *testing.T, in string) {
		dst := []byte("before")
		got, err := Append(dst, []byte(in))
		if err != nil {
			if string(got) != "before" {
				t.Fatalf("got %q beside an error", got)
			}
			if json.Valid([]byte(in)) && !strings.Contains(err.Error(), "nested deeper") {
				t.Fatalf("%q is JSON: %v", in, err)
			}
			return
		}
		if !json.Valid([]byte(in)) {
			t.Fatalf("%q is not JSON", in)
		}
		if !bytes.HasPrefix(got, dst) {
			t.Fatalf("got %q", got)
		}
		if err := same(in, got[len(dst):]); err != nil {
			t.Fatalf("%q: %v", in, err)
		}
	})
}

// message is made up in the form of a snapshot.
func message() []byte {
	var b []byte
	b = append(b, `{"id":"k3f9a1-1042","at":1763638612345,"data":{"cpu":[`...)
	for i := range 16 {
		b = fmt.Appendf(b, `{"user":%.4f,"system":%.3f,"idle":%d},`, float64(i)/7, float64(i)/13, i%2)
	}
	b = append(b, `null],"processes":[`...)
	for i := range 40 {
		b = fmt.Appendf(b, `{"pid":%d,"name":"worker \u2013 %d","rss":%d},`, 1000+i, i, i*40960)
	}
	return append(b, `{}]}}`...)
}

func TestAppendAllocatesNothing(t *testing.T) {
	in := message()
	once, err := Append(nil, in)
	if err != nil {
		t.Fatal(err)
	}
	if err := same(string(in), once); err != nil {
		t.Fatal(err)
	}
	dst := make([]byte, 0, len(once))
	if n := testing.AllocsPerRun(100, func() {
		if _, err := Append(dst, in); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations with exactly the room that is needed", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	in := message()
	var dst []byte
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		dst, _ = Append(dst[:0], in)
	}
	b.ReportMetric(float64(len(dst))/float64(len(in)), "of-JSON")
}
