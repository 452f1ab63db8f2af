import { command } from "../../tests/support/programs/command";

/**
 * Two web sites that stand in for the internet, which a demo cannot rely on: containers on the emulator's outside
 * network.
 */

const hosts = ["allowed.example", "blocked.example"] as const;

const server = `
use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalPort => 80, Listen => 16, ReuseAddr => 1) or die $!;
$SIG{TERM} = sub { exit 0 };
while (my $client = $server->accept) {
  while (my $line = <$client>) { last if $line =~ /^\\r?\\n$/ }
  print $client "HTTP/1.0 200 OK\\r\\nContent-Type: text/plain\\r\\n\\r\\nGreetings from $ENV{SITE}\\n";
  close $client;
}
`;

export async function startSites(docker: string, network: string): Promise<{ stop(): Promise<void> }> {
  const containers: string[] = [];
  const stop = async () => {
    if (containers.length > 0) await command(docker, ["rm", "--force", ...containers]);
  };
  try {
    for (const host of hosts) {
      const { stdout } = await command(docker, [
        ...["run", "--detach", "--label", "pulumi-ica=demo-site", "--network", network, "--network-alias", host],
        ...["--env", `SITE=${host}`, "debian:bookworm-slim", "perl", "-e", server],
      ]);
      containers.push(stdout.trim());
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}
