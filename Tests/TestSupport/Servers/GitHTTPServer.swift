import Foundation
import Glibc

/// nginx and `git http-backend`, over http and over https, with and without a password.
///
///     http://127.0.0.1:<plainPort>/open/NAME.git     anybody
///     https://127.0.0.1:<port>/open/NAME.git         anybody
///     https://127.0.0.1:<port>/private/NAME.git      with the password
///     https://127.0.0.1:<port>/moved/NAME.git        leads to the same name of another origin, which wants a password too
///     https://127.0.0.1:<port>/broken/NAME.git       status 503
package final class GitHTTPServer: Sendable {
    package static let user = "ann"
    package static let password = "pass-word@/+ %41$'\"secret"

    package let port: UInt16
    package let plainPort: UInt16
    package let authority: CertificateAuthority
    private let folder: String
    private let programs: [RunningProgram]
    private let ports: [ReservedPort]

    /// Serves the repositories of a folder for as long as the body runs.
    ///
    /// - Parameters:
    ///   - root: the folder of the bare repositories.
    ///   - folder: gets the server's own files.
    ///   - days: how long its certificate is good. Below 0: it has expired.
    @discardableResult
    package static func serving<Result>(
        _ root: String,
        in folder: TemporaryFolder,
        days: Int = 2,
        _ body: (GitHTTPServer) async throws -> Result
    ) async throws -> Result {
        let server = try await GitHTTPServer(root, in: folder, days: days)
        do {
            let result = try await body(server)
            try await server.stop()
            return result
        } catch {
            try await server.stop()
            throw error
        }
    }

    private init(_ root: String, in temporary: TemporaryFolder, days: Int) async throws {
        authority = try await CertificateAuthority(in: temporary, days: days)
        folder = temporary.path("nginx")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        ports = [try ReservedPort(), try ReservedPort(), try ReservedPort()]
        (port, plainPort) = (ports[0].number, ports[1].number)
        let execPath = try await run(["git", "--exec-path"], in: folder).trimmingCharacters(in: .newlines)
        let configuration = Self.configuration(
            folder: folder,
            root: root,
            ports: (port, plainPort, ports[2].number),
            authority,
            backend: "\(execPath)/git-http-backend"
        )
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: "\(folder)/nginx.conf"))
        try Data("\(Self.user):{PLAIN}\(Self.password)\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/users"))
        programs = [
            try await RunningProgram(["fcgiwrap", "-s", "unix:\(folder)/fcgi"], log: "\(folder)/fcgiwrap.log"),
            try await RunningProgram(
                ["/usr/sbin/nginx", "-p", folder, "-c", "\(folder)/nginx.conf", "-e", "\(folder)/error.log"],
                log: "\(folder)/nginx.log"
            ),
        ]
        try await eventually("nginx listens (\(folder))") { [port, folder] in
            Loopback.answers(port: port) && FileManager.default.fileExists(atPath: "\(folder)/fcgi")
        }
    }

    private func stop() async throws {
        for program in programs {
            try await program.end(with: SIGTERM)
        }
    }

    /// The requests so far: port, request line, status and the `Authorization` header of each.
    package func requests() async throws -> [String] {
        // nginx writes a line after it has answered; once this request's line is there, so are those of all before it.
        let mark = UUID().uuidString
        try await run(["curl", "--silent", "http://127.0.0.1:\(plainPort)/\(mark)"], in: folder)
        let lines = try await firstValue("nginx writes down \(mark) (\(folder))") {
            let text = try String(contentsOfFile: "\(folder)/access.log", encoding: .utf8)
            return text.contains(mark) ? text.split(separator: "\n").map(String.init) : nil
        }
        return lines.filter { $0.contains("/info/refs") || $0.contains("/git-upload-pack") }
    }

    private static func configuration(
        folder: String,
        root: String,
        ports: (tls: UInt16, plain: UInt16, elsewhere: UInt16),
        _ authority: CertificateAuthority,
        backend: String
    ) -> String {
        let git = """
            fastcgi_pass unix:\(folder)/fcgi;
            fastcgi_param SCRIPT_FILENAME \(backend);
            fastcgi_param REQUEST_METHOD $request_method;
            fastcgi_param QUERY_STRING $query_string;
            fastcgi_param CONTENT_TYPE $content_type;
            fastcgi_param CONTENT_LENGTH $content_length;
            fastcgi_param GIT_PROJECT_ROOT \(root);
            fastcgi_param GIT_HTTP_EXPORT_ALL 1;
            fastcgi_param GIT_PROTOCOL $http_git_protocol;
            fastcgi_param REMOTE_USER $remote_user;
            fastcgi_param PATH_INFO /$1;
            """
        let tls = "ssl_certificate \(authority.server); ssl_certificate_key \(authority.key);"
        let password = "auth_basic jobs; auth_basic_user_file \(folder)/users;"
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(folder)/\($0);" }
        return """
            \(getuid() == 0 ? "user root;" : "")
            daemon off; master_process off; pid \(folder)/nginx.pid;
            events { worker_connections 64; }
            http {
                \(temporary.joined(separator: " "))
                client_max_body_size 0;
                log_format line '$server_port "$request" $status $http_authorization';
                access_log \(folder)/access.log line;
                server {
                    listen 127.0.0.1:\(ports.plain);
                    location ~ ^/open/(.*)$ { \(git) }
                }
                server {
                    listen 127.0.0.1:\(ports.tls) ssl; \(tls)
                    location ~ ^/open/(.*)$ { \(git) }
                    location ~ ^/private/(.*)$ { \(password) \(git) }
                    location ~ ^/moved/(.*)$ { return 302 https://127.0.0.1:\(ports.elsewhere)/private/$1$is_args$args; }
                    location ~ ^/broken/ { return 503; }
                }
                server {
                    listen 127.0.0.1:\(ports.elsewhere) ssl; \(tls)
                    location ~ ^/private/(.*)$ { \(password) \(git) }
                }
            }
            """
    }
}
