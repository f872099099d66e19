// Package fault breaks connections on purpose, as a middlebox between server and viewer would: a slow or thin link, a
// proxy that collects, a firewall that says nothing, a cut.
//
// # What is promised
//
// Bytes are never changed, and come out in the order in which they went in; only a cut loses what is inside. What is done
// to them is done for real, between the server and the socket: the server believes that bytes have left when the
// middlebox has taken them, is held up when that is full, and learns of a cut as it would of any.
//
// A Wire is one direction of it: a queue, apart from any clock and connection. A Conn is the connection with a Wire each
// way; while nothing is wrong it is the connection below and nothing else. A Book says what is wrong with whom.
//
// # Who is concerned
//
// A fault is for a scope: a viewer on a technique, a viewer, a technique, or everybody. Where several hold, each field is
// that of the narrowest scope that says something about it, in that order. So a delay for everybody and a throttle for SSE
// make SSE slow and thin. Every fault has an end: one that is forgotten heals by itself.
//
// What is asked of a connection that serves many requests is bound to it with each request, and holds for that request and
// its answer. A connection that is held is bound for as long as it lives.
//
// # What the faults mean
//
//	delay, jitter   each byte takes so long, each way; what was sent first arrives first. A round trip takes two delays
//	throttle        so many bytes a second come down; half a second of them fit into the queue at the near end
//	buffer          a proxy passes an answer on in pieces of so many bytes, or whole. After a handshake it is a tunnel:
//	                a WebSocket does not notice
//	refuse_upgrade  a proxy takes the WebSocket handshake away: the next one is answered 426. One that is there lives on
//	stall           nothing passes, either way, for so long from the beginning of the fault; then all of it does
//	mute            nothing passes, either way; neither does the end of a connection
//	cut             a reset (RST): whatever is under way is lost, and neither side is told why. What waits for an answer is
//	                cut at once; who does not wait has its next answer cut in the middle. "once", or at every multiple of a time;
//	                who comes for the first time between two of those is cut for the last of them, with its next answer
//	forget          the next cursor of a viewer is taken for one of another epoch, once
//
// What happens once to each viewer (cut, forget) happens to viewers that have named themselves; of others only the
// connections are cut that are there at that moment.
package fault
