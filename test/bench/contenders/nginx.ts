import { userInfo } from "node:os";
import { type Contender, installedVersion, MAX_CONNECTIONS, type Plan, POOL_SIZE, type Setup } from "../contender.ts";

/** Hold the body of 100 KB whole, which takes less CPU time. */
const TUNED = "proxy_buffers 16 16k;";

/**
 * nginx with one worker, tuned for the bodies of the bench. Uploads are passed on as they come, as the others do, instead
 * of through a file.
 */
export const nginx: Contender = {
  name: "nginx",
  install: "apt-get install nginx-light",
  version: () => installedVersion(["nginx", "-v"]),
  plan: (setup) => plan(setup, TUNED),
};

/** The same with the buffers that it has unasked, as most run it; they matter for longer replies alone. */
export const nginxStock: Contender = {
  ...nginx,
  name: "nginx-stock",
  scenarios: ["large", "huge"],
  plan: (setup) => plan(setup, ""),
};

function plan({ port, barePort, tlsPort, certificate, upstreamPort, dir }: Setup, buffers: string): Plan {
  const tls =
    certificate &&
    `    listen 127.0.0.1:${tlsPort} ssl;
    ssl_certificate ${certificate.certFile};
    ssl_certificate_key ${certificate.keyFile};
    ssl_protocols TLSv1.3;
`;
  const file = `${dir}/nginx.conf`;
  // A worker that root starts would else run as a user that may not enter the folder.
  const user = userInfo().uid === 0 ? "user root;" : "";
  const conf = `daemon off;
${user}
worker_processes 1;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log warn;
events { worker_connections ${MAX_CONNECTIONS + POOL_SIZE}; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_max_body_size 10m;
  proxy_request_buffering off;
  proxy_http_version 1.1;
  client_body_temp_path ${dir}/body;
  proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi;
  scgi_temp_path ${dir}/scgi;
  proxy_cache_path ${dir}/cache keys_zone=bench:10m;
  ${buffers}
  proxy_max_temp_file_size 0;
  upstream bench {
    server 127.0.0.1:${upstreamPort};
    keepalive ${POOL_SIZE};
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port};
${tls ?? ""}    proxy_set_header Connection "";
    proxy_set_header Host 127.0.0.1:${upstreamPort};
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header Forwarded "for=$remote_addr;host=$http_host;proto=$scheme";
    proxy_set_header Via "1.1 nginx";
    location / {
      proxy_pass http://bench;
    }
    location /cached/ {
      proxy_pass http://bench;
      proxy_cache bench;
      add_header X-Cache $upstream_cache_status;
    }
  }
  server {
    listen 127.0.0.1:${barePort};
    location / {
      proxy_pass http://bench;
      proxy_set_header Connection "";
    }
  }
}
`;
  return { files: { "nginx.conf": conf }, command: ["nginx", "-e", `${dir}/error.log`, "-p", dir, "-c", file] };
}
