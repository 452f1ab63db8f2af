import pulumi
import pulumi_ica as ica

# Docker builds it from the folder; the plugin compresses, uploads and registers it. The version follows the content.
image = ica.BenchImage(
    "quickstart",
    description="A web page on 8888 and sshd on 2222",
    build=ica.BuildArgs(context="../quickstart/image"),
    access=ica.AccessArgs(web=True, console=True),
)

# A workspace that can reach only one web site.
workspace = ica.Workspace(
    "hello-python",
    image=image.image_id,
    resource_model="standard-small",
    storage_gb=10,
    access=ica.AccessArgs(web=True, console=True),
    network="restricted",
    allowed_urls=["http://allowed.example"],
    desired_state="running",
    allow_restart=True,
)

pulumi.export("image_id", image.image_id)
pulumi.export("web_url", workspace.web_url)
