package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// lambdaShop is the webhook on AWS Lambda: pass one of its methods to lambda.Start. As Deliver requires, Lambda's ctx
// ends when the function's time is over, not when the sender hangs up.
type lambdaShop struct{ *webhook.Handler }

// restAPI serves a REST API of API Gateway, with proxy integration.
func (s lambdaShop) restAPI(
	ctx context.Context, r events.APIGatewayProxyRequest,
) (events.APIGatewayProxyResponse, error) {
	status := s.deliver(ctx, r.HTTPMethod, header(r.Headers, r.MultiValueHeaders), r.Body, r.IsBase64Encoded)
	return events.APIGatewayProxyResponse{StatusCode: status}, nil
}

// httpAPI serves an HTTP API of API Gateway in payload format 2.0, or a function URL, whose events have the same
// format. Both services join repeated headers with commas; Deliver splits them.
func (s lambdaShop) httpAPI(
	ctx context.Context, r events.APIGatewayV2HTTPRequest,
) (events.APIGatewayV2HTTPResponse, error) {
	status := s.deliver(ctx, r.RequestContext.HTTP.Method, header(r.Headers, nil), r.Body, r.IsBase64Encoded)
	return events.APIGatewayV2HTTPResponse{StatusCode: status}, nil
}

// alb serves a target group of an Application Load Balancer, with or without multi-value headers.
func (s lambdaShop) alb(ctx context.Context, r events.ALBTargetGroupRequest) (events.ALBTargetGroupResponse, error) {
	status := s.deliver(ctx, r.HTTPMethod, header(r.Headers, r.MultiValueHeaders), r.Body, r.IsBase64Encoded)
	return events.ALBTargetGroupResponse{
		StatusCode: status, StatusDescription: fmt.Sprintf("%d %s", status, http.StatusText(status)),
		Headers: map[string]string{}, MultiValueHeaders: map[string][]string{}, // ALB expects the kind of headers it sent
	}, nil
}

// deliver restores the raw body from AWS's JSON, because the signature covers the raw bytes. Invalid base64 counts as
// an empty body, which is rejected and logged. The last second of Lambda's time is kept for the response.
func (s lambdaShop) deliver(
	ctx context.Context, method string, header http.Header, body string, encoded bool,
) (status int) {
	if method != http.MethodPost {
		return http.StatusMethodNotAllowed
	}
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-time.Second))
		defer cancel()
	}
	raw := []byte(body)
	if encoded {
		var err error
		if raw, err = base64.StdEncoding.DecodeString(body); err != nil {
			raw = nil
		}
	}
	return s.Deliver(ctx, header, raw)
}

// header returns the map multi if it is set, because the map single has only the last value of each header. Deliver
// ignores the case of header names.
func header(single map[string]string, multi http.Header) http.Header {
	if len(multi) > 0 {
		return multi
	}
	all := http.Header{}
	for name, value := range single {
		all[name] = []string{value}
	}
	return all
}
