package celery

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
)

// message is what kombu carries over Redis.
type message struct {
	Body            string         `json:"body"` // JSON in base64
	ContentEncoding string         `json:"content-encoding"`
	ContentType     string         `json:"content-type"`
	Headers         map[string]any `json:"headers"`
	Properties      properties     `json:"properties"`
}

type properties struct {
	DeliveryMode int          `json:"delivery_mode"`
	DeliveryInfo deliveryInfo `json:"delivery_info"`
	Priority     int          `json:"priority"`
	BodyEncoding string       `json:"body_encoding"`
	DeliveryTag  string       `json:"delivery_tag"`
}

type deliveryInfo struct {
	Exchange   string `json:"exchange"`
	RoutingKey string `json:"routing_key"`
}

// command is the body of a control command.
type command struct {
	Method      string         `json:"method"`
	Arguments   map[string]any `json:"arguments"`
	Destination []string       `json:"destination"` // nil: every worker
	Pattern     *string        `json:"pattern"`
	Matcher     *string        `json:"matcher"`
	Ticket      string         `json:"ticket"`
	ReplyTo     replyTo        `json:"reply_to"`
}

// replyTo is where workers put their answers. Celery binds a queue to an
// exchange for that, and the binding stays behind for ever; the anonymous
// exchange, which has the empty name, leads straight to the list of the
// routing key.
type replyTo struct {
	Exchange   string `json:"exchange"`
	RoutingKey string `json:"routing_key"`
}

// transient is the delivery mode of what need not survive.
const transient = 1

// pingMessage is the control command ping to every worker, as Celery 5 sends
// it.
func pingMessage(exchange, ticket, replyKey string) ([]byte, error) {
	body, err := json.Marshal(command{
		Method: "ping", Arguments: map[string]any{}, Ticket: ticket, ReplyTo: replyTo{RoutingKey: replyKey},
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(message{
		Body:            base64.StdEncoding.EncodeToString(body),
		ContentEncoding: "utf-8",
		ContentType:     "application/json",
		Headers:         map[string]any{"clock": 1},
		Properties: properties{
			DeliveryMode: transient,
			DeliveryInfo: deliveryInfo{Exchange: exchange},
			BodyEncoding: "base64",
			DeliveryTag:  uuid(),
		},
	})
}

// workersIn returns the names of the workers that answered a ticket, sorted.
// What is no answer to it is passed over.
func workersIn(replies []string, ticket string) []string {
	var workers []string
	for _, raw := range replies {
		var m message
		if json.Unmarshal([]byte(raw), &m) != nil || m.Headers["ticket"] != ticket {
			continue
		}
		body, err := base64.StdEncoding.DecodeString(m.Body)
		if err != nil {
			continue
		}
		var answer map[string]struct {
			OK string `json:"ok"`
		}
		if json.Unmarshal(body, &answer) != nil {
			continue
		}
		for name, said := range answer {
			if said.OK == "pong" {
				workers = append(workers, name)
			}
		}
	}
	slices.Sort(workers)
	return slices.Compact(workers)
}

// uuid returns a random UUID, as tickets and tags are.
func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
