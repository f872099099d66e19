package collector

import "math"

const (
	// bridges is for how long, in seconds, a far lesser culprit is taken for a gap between two looks.
	bridges = 3
	// fades is the time, in seconds, in which what was worst comes to count half.
	fades = 60
)

// A remark is what a rule had to say at a time: a sentence from its duration on.
type remark struct {
	b       []byte
	phrases []Phrase
	verb    verb
	pid     int32
	weight  float64 // the culprit's score
	at      float64 // by the judge's clock
}

// A verb is where in a sentence it is, and what it becomes when it is over.
type verb struct {
	begin, end int
	was        string
}

func (r *remark) forget() { *r = remark{b: r.b[:0], phrases: r.phrases[:0]} }

// comment adds what a rule has to say. While its condition holds, that is of now; when it only lingers, of the worst of
// the time before: the numbers of now are those of something else. In the last moments of a condition the culprit
// is gone, and nobody else is to be named for that.
func (j *judge) comment(r *rule, st *ruleState, s *Snapshot, text *sentence) {
	start := len(text.b)
	isOver := j.clock > st.held()
	switch {
	case r.event || len(j.now.b) == 0:
	case isOver:
		text.remark(&j.peak, true)
		return
	case st.raw < st.leave(r): // holds only because numbers are averaged
		text.remark(&j.now, false)
		return
	}
	j.past.weight = 0
	if r.aside != nil {
		r.aside(j, s, text)
	}
	text.colon(r.head)
	r.detail(j, s, text)
	text.trim(": ")
	if r.event {
		return
	}
	weight := j.past.weight
	if weight < j.now.weight/2 && j.clock-j.now.at < bridges-almost {
		text.b, text.phrases = text.b[:start], text.phrases[:0]
		text.remark(&j.now, false)
		return
	}
	j.now.take(text, start, weight, j.clock)
	if weight >= 0.8*j.peak.weight*math.Exp2((j.peak.at-j.clock)/fades) {
		j.peak.take(text, start, weight, j.clock)
	}
	if isOver {
		text.b, text.phrases = text.b[:start], text.phrases[:0]
		text.remark(&j.now, true)
	}
}

func (r *remark) take(text *sentence, start int, weight, clock float64) {
	v := verb{text.verb.begin - start, text.verb.end - start, text.verb.was}
	if v.was == "" {
		v = verb{}
	}
	*r = remark{append(r.b[:0], text.b[start:]...), append(r.phrases[:0], text.phrases...), v, text.pid, weight, clock}
}

// remark adds one that was kept.
func (t *sentence) remark(r *remark, isOver bool) {
	t.pid = r.pid
	t.phrases = append(t.phrases, r.phrases...)
	if !isOver || r.verb.was == "" {
		t.b = append(t.b, r.b...)
		return
	}
	t.b = append(t.b, r.b[:r.verb.begin]...)
	t.b = append(t.b, r.verb.was...)
	t.b = append(t.b, r.b[r.verb.end:]...)
}

// tense adds a verb.
func (t *sentence) tense(is, was string) *sentence {
	begin := len(t.b)
	t.b = append(t.b, is...)
	t.verb = verb{begin, len(t.b), was}
	return t
}

// leave is where what is shown ends.
func (st *ruleState) leave(r *rule) float64 {
	if st.busy.shown {
		return r.busy.leave
	}
	return r.bad.leave
}
