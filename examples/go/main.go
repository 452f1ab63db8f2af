package main

import (
	"github.com/pulumi-ica/pulumi-ica/sdk/go/ica"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		// Docker builds it from the folder; the plugin compresses, uploads and registers it. The version follows the content.
		image, err := ica.NewBenchImage(ctx, "quickstart", &ica.BenchImageArgs{
			Description: pulumi.String("A web page on 8888 and sshd on 2222"),
			Build:       ica.BuildArgs{Context: pulumi.String("../quickstart/image")},
			Access:      ica.AccessArgs{Web: pulumi.Bool(true), Console: pulumi.Bool(true)},
		})
		if err != nil {
			return err
		}

		// A workspace that can reach only one web site.
		workspace, err := ica.NewWorkspace(ctx, "hello-go", &ica.WorkspaceArgs{
			Image:         image.ImageId,
			ResourceModel: pulumi.String("standard-small"),
			StorageGb:     pulumi.Int(10),
			Access:        ica.AccessArgs{Web: pulumi.Bool(true), Console: pulumi.Bool(true)},
			Network:       ica.WorkspaceNetworkRestricted,
			AllowedUrls:   pulumi.StringArray{pulumi.String("http://allowed.example")},
			DesiredState:  ica.WorkspaceDesiredStateRunning,
			AllowRestart:  pulumi.Bool(true),
		})
		if err != nil {
			return err
		}

		ctx.Export("imageId", image.ImageId)
		ctx.Export("webUrl", workspace.WebUrl)
		return nil
	})
}
