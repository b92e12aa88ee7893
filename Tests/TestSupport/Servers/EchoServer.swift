import Foundation
import Glibc
import Synchronization

/// An http server that asks for a password, and then says what it was told in an error of git's protocol.
package final class EchoServer: Sendable {
    package let port: UInt16
    private let listener: Int32
    private let requests: Requests

    private final class Requests: Sendable {
        let all = Mutex<[String]>([])
    }

    /// A server that hears and never answers.
    package static func silent() throws -> EchoServer { try EchoServer(isSilent: true) }

    package convenience init() throws {
        try self.init(isSilent: false)
    }

    private init(isSilent: Bool) throws {
        listener = try Loopback.listen()
        port = Loopback.port(of: listener)
        requests = Requests()
        Thread.detachNewThread { [listener, requests] in
            var silenced: [Int32] = []
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { break }
                if isSilent {
                    silenced.append(client)
                } else {
                    Self.answer(client, requests)
                    close(client)
                }
            }
            for client in silenced {
                close(client)
            }
            close(listener)
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// The requests so far, with their headers.
    package var heard: [String] { requests.all.withLock(\.self) }

    private static func answer(_ client: Int32, _ requests: Requests) {
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        let count = unsafe recv(client, &buffer, buffer.count, 0)
        let request = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        requests.all.withLock { $0.append(request) }
        let header = request.split(separator: "\r\n").first { $0.hasPrefix("Authorization: Basic ") }
        guard let basic = header?.split(separator: " ").last, let data = Data(base64Encoded: String(basic)) else {
            send(
                "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                client
            )
            return
        }
        let told = String(decoding: data, as: UTF8.self)
        let error = packet("ERR you said \u{1B}[31m\(told) \(basic) https://\(told)@example.org/x\n")
        let body = packet("# service=git-upload-pack\n") + "0000" + error
        let type = "Content-Type: application/x-git-upload-pack-advertisement"
        send(
            "HTTP/1.1 200 OK\r\n\(type)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)",
            client
        )
    }

    private static func packet(_ text: String) -> String {
        let length = String(text.utf8.count + 4, radix: 16)
        return String(repeating: "0", count: 4 - length.count) + length + text
    }

    private static func send(_ text: String, _ client: Int32) {
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes { buffer in
            unsafe Glibc.send(client, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
        }
    }
}
