package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// Events from the services' documentation. The tests fill in HEADERS, BODY and ENCODED.
const (
	restEvent = `{"resource":"/webhook","path":"/webhook","httpMethod":"POST",HEADERS,
"queryStringParameters":null,"multiValueQueryStringParameters":null,"pathParameters":null,"stageVariables":null,
"requestContext":{"resourceId":"123456","resourcePath":"/webhook","httpMethod":"POST","extendedRequestId":"c6af9ac6",
"requestTime":"21/Apr/2026:15:08:21 +0000","path":"/prod/webhook","accountId":"123456789012","protocol":"HTTP/1.1",
"stage":"prod","domainPrefix":"1234567890","requestTimeEpoch":1776784101067,"requestId":"c6af9ac6-7b61-11e6-9a41",
"identity":{"sourceIp":"192.0.2.1","userAgent":"Gateway/1"},
"domainName":"1234567890.execute-api.eu-central-1.amazonaws.com",
"apiId":"1234567890"},"body":BODY,"isBase64Encoded":ENCODED}`

	httpEvent = `{"version":"2.0","routeKey":"POST /webhook","rawPath":"/webhook","rawQueryString":"",HEADERS,
"requestContext":{"accountId":"123456789012","apiId":"aaaaaaaaaa",
"domainName":"aaaaaaaaaa.execute-api.us-west-2.amazonaws.com","domainPrefix":"aaaaaaaaaa",
"http":{"method":"POST","path":"/webhook","protocol":"HTTP/1.1","sourceIp":"192.0.2.1","userAgent":"Gateway/1"},
"requestId":"LV7fzho-PHcEJPw=","routeKey":"POST /webhook","stage":"$default","time":"21/Apr/2026:15:08:21 +0000",
"timeEpoch":1776784101067},"body":BODY,"isBase64Encoded":ENCODED}`

	albEvent = `{"requestContext":{"elb":{"targetGroupArn":
"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/lambda-target/abcdefgh"}},
"httpMethod":"POST","path":"/webhook",HEADERS,"body":BODY,"isBase64Encoded":ENCODED}`

	single = `"headers":{"content-type":"application/json","x-forwarded-for":"192.0.2.1","NAME":"SIGNATURE"}`
	multi  = `"multiValueHeaders":{"Content-Type":["application/json"],"X-Forwarded-For":["192.0.2.1"],` +
		`"NAME":["sha256=00","SIGNATURE"]}`
	last = `"headers":{"Content-Type":"application/json","NAME":"sha256=00"}` // AWS keeps only the last of several values
)

// functions holds the functions that Lambda invokes, with the kinds of events for each.
var functions = map[string]struct {
	start  func(hook *webhook.Handler) any
	events map[string]string
}{
	"REST API": {func(hook *webhook.Handler) any { return lambdaShop{hook}.restAPI }, map[string]string{
		"one value":                             event(restEvent, single+`,"multiValueHeaders":null`, "X-Signature"),
		"several values":                        event(restEvent, last+","+multi, "X-Signature"),
		"lower-case name":                       event(restEvent, single, "x-webhook-signature"),
		"several values of a lower-case header": event(restEvent, last+","+multi, "x-ecomtrade24-signature"),
	}},
	"HTTP API": {func(hook *webhook.Handler) any { return lambdaShop{hook}.httpAPI }, map[string]string{
		"one value":     event(httpEvent, single, "x-ecomtrade24-signature"),
		"joined values": event(httpEvent, strings.Replace(single, "SIGNATURE", "sha256=00, SIGNATURE", 1), "x-signature"),
	}},
	"ALB": {func(hook *webhook.Handler) any { return lambdaShop{hook}.alb }, map[string]string{
		"one value":      event(albEvent, single, "x-signature"),
		"several values": event(albEvent, multi, "x-signature"),
	}},
}

func event(event, headers, name string) string {
	return strings.NewReplacer("HEADERS", strings.ReplaceAll(headers, `"NAME"`, `"`+name+`"`)).Replace(event)
}

// filled returns the event with a delivery in it.
func filled(t *testing.T, event, body, signature string, encoded bool) []byte {
	t.Helper()
	inJSON, err := json.Marshal(body)
	require.NoError(t, err)
	flag := "false"
	if encoded {
		flag = "true"
	}
	return []byte(strings.NewReplacer("SIGNATURE", signature, "BODY", string(inJSON), "ENCODED", flag).Replace(event))
}

// invoke runs the given function as Lambda's runtime does, with JSON input and output, and returns the response's
// status.
func invoke(t *testing.T, function any, event []byte) int {
	t.Helper()
	out, err := lambda.NewHandler(function).Invoke(t.Context(), event)
	require.NoError(t, err)
	var response struct {
		StatusCode        int
		StatusDescription string
		Body              string
	}
	require.NoError(t, json.Unmarshal(out, &response))
	assert.Empty(t, response.Body)
	if response.StatusDescription != "" {
		assert.Contains(t, response.StatusDescription, http.StatusText(response.StatusCode))
	}
	return response.StatusCode
}

func TestLambda(t *testing.T) {
	t.Parallel()
	paid := strings.Replace(paid, "{", `{"email":"ren\u00e9@example.com","note":"Größe <&>",`+"\n", 1)
	signature, forged := webhook.Sign(secret, []byte(paid)), webhook.Sign("a forger's secret", []byte(paid))
	packed := base64.StdEncoding.EncodeToString([]byte(paid))
	for service, f := range functions {
		for kind, event := range f.events {
			t.Run(service+", "+kind, func(t *testing.T) {
				t.Parallel()
				m := &merchant{}
				function := f.start(m.hook(t))

				assert.Equal(t, http.StatusOK, invoke(t, function, filled(t, event, paid, signature, false)))
				assert.Equal(t, http.StatusOK, invoke(t, function, filled(t, event, packed, signature, true)))
				require.Len(t, m.events, 2)
				assert.Equal(t, paid, string(m.events[0].Raw))
				assert.Equal(t, paid, string(m.events[1].Raw), "the raw bytes")

				for name, c := range map[string]struct {
					event []byte
					want  int
				}{
					"a GET":                   {bytes.Replace(filled(t, event, paid, signature, false), []byte(`ethod":"POST"`), []byte(`ethod":"GET"`), 1), http.StatusMethodNotAllowed},
					"forged":                  {filled(t, event, paid, forged, false), http.StatusUnauthorized},
					"forged, in base64":       {filled(t, event, packed, forged, true), http.StatusUnauthorized},
					"changed":                 {filled(t, event, paid+" ", signature, false), http.StatusUnauthorized},
					"base64 not decoded":      {filled(t, event, packed, signature, false), http.StatusUnauthorized},
					"broken base64":           {filled(t, event, packed[:len(packed)-1]+"!", signature, true), http.StatusUnauthorized},
					"no base64":               {filled(t, event, paid, signature, true), http.StatusUnauthorized},
					"malformed":               {filled(t, event, "[]", webhook.Sign(secret, []byte("[]")), false), http.StatusBadRequest},
					"an empty signature":      {filled(t, event, paid, "", false), http.StatusUnauthorized},
					"too large":               {filled(t, event, strings.Repeat(" ", 64<<10+1), signature, false), http.StatusRequestEntityTooLarge},
					"no body":                 {filled(t, event, "", signature, false), http.StatusUnauthorized},
					"an empty body in base64": {filled(t, event, "", signature, true), http.StatusUnauthorized},
				} {
					assert.Equal(t, c.want, invoke(t, function, c.event), name)
				}
				require.Len(t, m.events, 2, "no rejected event was handled")

				m.err = errors.New("the database is down")
				assert.Equal(t, http.StatusInternalServerError, invoke(t, function, filled(t, event, paid, signature, false)))
			})
		}
	}
}

// The load balancer expects the kind of headers that it sent, and a status description.
func TestLambda_responseToALoadBalancer(t *testing.T) {
	t.Parallel()
	m := &merchant{}
	event := filled(t, functions["ALB"].events["one value"], paid, webhook.Sign(secret, []byte(paid)), false)
	out, err := lambda.NewHandler(lambdaShop{m.hook(t)}.alb).Invoke(t.Context(), event)
	require.NoError(t, err)
	assert.JSONEq(t, `{"statusCode":200,"statusDescription":"200 OK","headers":{},"multiValueHeaders":{},`+
		`"isBase64Encoded":false}`, string(out))
}

// The function returns before Lambda's time is over, so that the response and the log line are still sent.
func TestLambda_leavesTimeForTheResponse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		hook := hook(t, secret, func(ctx context.Context, _ *ecomtrade24.Event) error {
			<-ctx.Done()
			return ctx.Err()
		})
		event := filled(t, functions["HTTP API"].events["one value"], paid, webhook.Sign(secret, []byte(paid)), false)
		out, err := lambda.NewHandler(lambdaShop{hook}.httpAPI).Invoke(ctx, event)
		require.NoError(t, err)
		assert.Contains(t, string(out), `"statusCode":503`)
		require.NoError(t, ctx.Err())
	})
}
