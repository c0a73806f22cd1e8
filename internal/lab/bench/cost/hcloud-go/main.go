// Command hcloud-go creates a server with hcloud-go. Its source is about as long as that of command ecomtrade24.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

func main() {
	client := hcloud.NewClient(hcloud.WithToken(os.Getenv("GATEWAY_KEY")))
	s, _, err := client.Server.Create(context.Background(), hcloud.ServerCreateOpts{
		Name: "ORDER-10001", ServerType: &hcloud.ServerType{Name: "cx22"}, Image: &hcloud.Image{Name: "debian-12"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Server.ID)
}
