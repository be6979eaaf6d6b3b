import { userInfo } from "node:os";
import { type Contender, installedVersion, type Plan, POOL_SIZE, type Setup } from "../contender.ts";

/** nginx with one worker; its buffers hold the large body whole: with its defaults that body takes it 1.7 times the CPU time. */
export const nginx: Contender = {
  name: "nginx",
  install: "apt-get install nginx-light",
  version: () => installedVersion(["nginx", "-v"]),
  plan,
};

function plan({ port, upstreamPort, dir }: Setup): Plan {
  const file = `${dir}/nginx.conf`;
  // A worker that root starts would else run as a user that may not enter the folder.
  const user = userInfo().uid === 0 ? "user root;" : "";
  const conf = `daemon off;
${user}
worker_processes 1;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log warn;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path ${dir}/body;
  proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi;
  scgi_temp_path ${dir}/scgi;
  proxy_buffers 16 16k;
  proxy_max_temp_file_size 0;
  upstream bench {
    server 127.0.0.1:${upstreamPort};
    keepalive ${POOL_SIZE};
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://bench;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`;
  return { files: { "nginx.conf": conf }, command: ["nginx", "-e", `${dir}/error.log`, "-p", dir, "-c", file] };
}
