// What a server in Go does with the same load: fasthttp, a queue that four workers drain, and an answer when one of them has sent the
// body back. Needs Debian's golang-go and golang-github-valyala-fasthttp-dev.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go build -o fasthttp-echo FastHttpEcho.go && ./fasthttp-echo 127.0.0.1:8390
package main

import (
	"fmt"
	"os"

	"github.com/valyala/fasthttp"
)

const (
	queued  = 65_536
	workers = 4
)

// A request that waits for a worker.
type job struct {
	body []byte
	done chan []byte
}

func main() {
	queue := make(chan *job, queued)
	for range [workers]int{} {
		go func() {
			for next := range queue {
				next.done <- next.body
			}
		}()
	}
	server := &fasthttp.Server{
		Handler: func(exchange *fasthttp.RequestCtx) {
			mine := &job{exchange.PostBody(), make(chan []byte, 1)}
			select {
			case queue <- mine:
				exchange.SetContentType("application/json")
				exchange.SetBody(<-mine.done)
			default:
				exchange.SetStatusCode(fasthttp.StatusServiceUnavailable)
			}
		},
	}
	fmt.Println("echo on http://" + os.Args[1])
	if err := server.ListenAndServe(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
