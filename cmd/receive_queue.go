package cmd

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/bookedbarber/bbctl/internal/receiver"
)

// receivePrinter is one of the two forms in which arrivals are shown.
type receivePrinter interface {
	listening(address, dsn string) error
	record(*receiver.Record) error
	missed(requests uint64) error
	ended(receiver.Stats) error
}

// receiveQueue stands between the receiver, which must not wait, and a
// terminal, which may be slow or stopped (Ctrl-S). It is bounded by number and
// bytes, since what waits in it has perhaps left the receiver's store; what
// does not fit is counted, and the count is shown in its place.
type receiveQueue struct {
	records chan *receiver.Record
	waiting atomic.Int64 // bytes in the queue
	lost    atomic.Uint64
}

const (
	queuedRecords = 1024
	queuedBytes   = 8 << 20 // beside one record of any size
)

func newReceiveQueue() *receiveQueue {
	return &receiveQueue{records: make(chan *receiver.Record, queuedRecords)}
}

// offer is the receiver's OnEnvelope.
func (q *receiveQueue) offer(r *receiver.Record) {
	if r.Method == http.MethodOptions && r.Status == http.StatusOK {
		return // a browser asks whether it may send; the envelope follows
	}
	size := int64(len(r.Raw))
	if q.waiting.Add(size) <= queuedBytes+size {
		select {
		case q.records <- r:
			return
		default:
		}
	}
	q.waiting.Add(-size)
	q.lost.Add(1)
}

// print shows what comes until the context ends. The error is the printer's.
func (q *receiveQueue) print(ctx context.Context, printer receivePrinter) error {
	for {
		select {
		case r := <-q.records:
			if err := q.show(r, printer); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// drain shows what is left once nothing comes any more.
func (q *receiveQueue) drain(printer receivePrinter) error {
	for {
		select {
		case r := <-q.records:
			if err := q.show(r, printer); err != nil {
				return err
			}
		default:
			return q.showLost(printer)
		}
	}
}

func (q *receiveQueue) show(r *receiver.Record, printer receivePrinter) error {
	q.waiting.Add(-int64(len(r.Raw)))
	if err := printer.record(r); err != nil {
		return err
	}
	if len(q.records) > 0 {
		return nil // the gap is told once, after the burst
	}
	return q.showLost(printer)
}

func (q *receiveQueue) showLost(printer receivePrinter) error {
	if lost := q.lost.Swap(0); lost > 0 {
		return printer.missed(lost)
	}
	return nil
}
