import Foundation
import Glibc
import TestSupport

/// nginx, with the same bytes as files.
struct StaticServer {
    let port: Int
    private let reserved: ReservedPort
    private let program: RunningProgram

    init(_ files: [String: Data], in folder: TemporaryFolder) async throws {
        reserved = try ReservedPort()
        port = Int(reserved.number)
        let root = folder.url.appendingPathComponent("static")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        for (name, data) in files {
            try data.write(to: root.appendingPathComponent(name))
        }
        let configuration = """
            daemon off;
            worker_processes auto;
            pid \(folder.path("nginx.pid"));
            error_log stderr;
            events { worker_connections 1024; }
            http {
                access_log off;
                keepalive_requests 100000000;
                default_type application/json;
                client_body_temp_path \(folder.path("body"));
                proxy_temp_path \(folder.path("proxy"));
                fastcgi_temp_path \(folder.path("fastcgi"));
                uwsgi_temp_path \(folder.path("uwsgi"));
                scgi_temp_path \(folder.path("scgi"));
                server { listen 127.0.0.1:\(port); root \(root.path); }
            }
            """
        let file = folder.path("static.conf")
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: file))
        program = try await RunningProgram(["nginx", "-c", file], log: folder.path("static.log"))
        try await eventually("nginx answers") { [port] in
            (try? await run(["curl", "--silent", "--fail", "http://127.0.0.1:\(port)/job"], in: "/")) != nil
        }
    }

    func stop() async throws {
        try await program.end(with: SIGTERM)
    }
}
