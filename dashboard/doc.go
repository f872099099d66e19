// Package dashboard is the web side of fivewire: it takes snapshots and shows them to any number of viewers, each on
// the technique of its choice.
//
// # The journey of a snapshot
//
// A collector calls Publish. The snapshot is encoded to JSON once and handed to the hub (internal/hub), which puts it
// in an envelope with an id, keeps it in the backlog and wakes whoever reads. Five transports (internal/transport)
// carry those same bytes: two answer requests (polling, longpolling), three write to connections that they hold
// (streaming, sse, websocket). They say how a message is framed; the fan-out (internal/fanout) frames it once and writes
// it to everybody, compressed once (internal/deflate) for who takes it compressed. The meter (internal/meter) counts on the socket what that cost;
// in the lab, what is broken on purpose (internal/fault) stands between it and the socket. In the browser the twin of the transport (assets/js/transport) cuts the bytes into messages again, and the page draws them.
//
// # What is promised
//
// A Dashboard is made by New, is put into a program's own Fiber app by Register, and ends with Close, which must come
// before the app's own shutdown: it tells every viewer in its technique's words, and waits until they have been told.
// All methods may be called from any goroutine. Two dashboards in one process do not know of each other. Publish waits
// for no viewer.
//
// A program that is nothing but a dashboard calls Listen and Serve instead of Register: they bring the strict HTTP
// server, the listener that survives running out of descriptors, the byte counts on the socket, and the lab's faults.
//
// # Who imports whom
//
// dashboard → internal/transport → internal/fanout → internal/hub, internal/meter; transport → internal/fault. Fiber's types appear in this package, in
// internal/transport and in internal/problem only. The collector knows nothing of all this.
package dashboard
