import Foundation
import Glibc

/// An HTTP proxy that lets in who knows the password, and makes the connections that it is asked for.
package struct ConnectProxy: Sendable {
    package static let user = "ann"
    package static let password = "proxy-word-73"

    private static let script = #"""
        import base64, socket, sys, threading

        name, password, log = sys.argv[1:]
        proof = b"basic " + base64.b64encode(f"{name}:{password}".encode())

        def copy(source, target):
            try:
                while data := source.recv(65536):
                    target.sendall(data)
            except OSError:
                pass
            finally:
                try:
                    target.shutdown(socket.SHUT_WR)
                except OSError:
                    pass

        def serve(client):
            head = b""
            while b"\r\n\r\n" not in head:
                data = client.recv(65536)
                if not data:
                    return
                head += data
            lines = head.split(b"\r\n")
            fields = dict(line.split(b": ", 1) for line in lines[1:] if b": " in line)
            fields = {name.lower(): value for name, value in fields.items()}
            given = fields.get(b"proxy-authorization", b"")
            isKnown = given[:6].lower() + given[6:] == proof
            with open(log, "a") as notes:
                notes.write(f"{lines[0].decode()} {'in' if isKnown else 'out'}\n")
            if not isKnown:
                client.sendall(b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                return client.close()
            host, port = lines[0].split(b" ")[1].rsplit(b":", 1)
            server = socket.create_connection((host.decode(), int(port)))
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            threading.Thread(target=copy, args=(server, client), daemon=True).start()
            copy(client, server)

        listener = socket.create_server(("127.0.0.1", 0))
        with open(log, "a") as notes:
            notes.write(f"port {listener.getsockname()[1]}\n")
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """#

    /// Where it listens, on 127.0.0.1.
    package let port: UInt16
    private let program: RunningProgram
    private let log: String

    /// Starts it.
    package init(in folder: TemporaryFolder) async throws {
        let log = folder.path("proxy-\(UUID().uuidString)")
        self.log = log
        program = try await RunningProgram(["python3", "-c", Self.script, Self.user, Self.password, log])
        port = try await firstValue("the proxy listens") {
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            return text.firstMatch(of: /port (\d+)\n/).flatMap { UInt16($0.1) }
        }
    }

    /// Its address with the password in it, as the environment has it.
    package var address: String { "http://\(Self.user):\(Self.password)@127.0.0.1:\(port)" }

    /// What it was asked for: `CONNECT 127.0.0.1:443 HTTP/1.1 in`, or `out` where the password was missing.
    package func requests() throws -> [String] {
        try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").dropFirst().map(String.init)
    }

    /// Ends it.
    package func stop() async throws {
        try await program.end(with: SIGKILL)
    }
}
