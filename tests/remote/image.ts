import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { baseFiles } from "./builder";

/** A page on 8888 with nothing but what the base has: one answer a connection. */
const server = `use strict;
use IO::Socket::INET;
my $listening = IO::Socket::INET->new(LocalAddr => "0.0.0.0", LocalPort => 8888, Listen => 16, ReuseAddr => 1) or die "$!";
while (my $client = $listening->accept) {
  while (my $line = <$client>) { last if $line =~ /^\\s*$/ }
  my $page = "Built far away\\n";
  print $client "HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\nConnection: close\\r\\nContent-Length: " . length($page) . "\\r\\n\\r\\n$page";
  close $client;
}
`;

const dockerfile = `FROM scratch
ADD base.tar /
RUN useradd --uid 1000 --gid users --home-dir /data --no-create-home --shell /bin/bash ica
COPY --chmod=0755 server.pl /opt/page/server.pl
COPY --chmod=0755 ica_start.sh /usr/local/bin/ica_start.sh
USER ica
`;

/** A folder with a Bench image that is made of the base's files, so that a builder needs nothing but what it is sent. */
export async function makeContext(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await baseFiles(path.join(folder, "base.tar"));
  await writeFile(path.join(folder, "server.pl"), server);
  await writeFile(path.join(folder, "ica_start.sh"), "#!/bin/bash\nset -eu\nexec perl /opt/page/server.pl\n");
  await changeDockerfile(folder, (text) => text);
  return folder;
}

/** Writes the Dockerfile with something about it changed. */
export async function changeDockerfile(folder: string, change: (text: string) => string): Promise<void> {
  await writeFile(path.join(folder, "Dockerfile"), change(dockerfile));
}
