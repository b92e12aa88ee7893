import AsyncHTTPClient
import Crypto
import Dispatch
import Foundation
import Jobs
import NIOCore
import NIOHTTP1
import Platform
import Synchronization

/// What a hook prints, and the end of its time: whoever pushes waits for it.
///
/// Git shows each line as `remote: …`.
final class HookOutput: Sendable {
    private let hasEnded = Mutex(false)

    /// Prints lines, unless the hook's time is over. Control characters in them are escaped.
    func say(_ lines: String...) { say(lines) }

    /// Prints lines, unless the hook's time is over. Control characters in them are escaped.
    func say(_ lines: [String]) {
        hasEnded.withLock { hasEnded in
            guard !hasEnded else { return }
            Self.write(lines)
        }
    }

    /// Ends the process after a time, whatever it is doing then: a call into a library can't be told to stop.
    ///
    /// - Parameters:
    ///   - time: from now.
    ///   - line: what to say then.
    ///   - code: the exit code.
    func end(after time: Duration, saying line: String, code: Int32) {
        // Not a task: what takes long may keep all of the tasks' threads busy.
        DispatchQueue(label: "hook.end").asyncAfter(deadline: .now() + time / .seconds(1)) {
            self.hasEnded.withLock { hasEnded in
                hasEnded = true
                Self.write([line])
                exit(code)
            }
        }
    }

    private static func write(_ lines: [String]) {
        try? FileHandle.standardError.write(contentsOf: Data(lines.map { PlainText.line($0) + "\n" }.joined().utf8))
    }
}

/// Tells a service on another machine that there is something to fetch. One that reads the repository in place sees the push by itself.
struct WebhookPoke {
    private let secret: SymmetricKey

    /// - Parameter file: the secret that the service has as `webhooks.secretFile`.
    init(secretFile file: String) throws(ServerError) {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw ServerError(.usage, "the secret file \(file) can't be read")
        }
        secret = SymmetricKey(data: Data(String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines).utf8))
    }

    /// Sends the notice. Whether it arrives is seen by what becomes of the commit.
    func send(to service: ServerClient, commit: String) async {
        let body = Data(#"{"after":"\#(commit)"}"#.utf8)
        let code = HMAC<SHA256>.authenticationCode(for: body, using: secret)
        var request = HTTPClientRequest(url: service.address.base + "/api/webhooks/generic")
        request.tlsConfiguration = service.trust
        request.method = .POST
        if let host = service.address.socketHost {
            request.headers.add(name: "host", value: host)
        }
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(
            name: "x-signature",
            value: "sha256=" + Hex.encode(code)
        )
        request.body = .bytes(ByteBuffer(bytes: body))
        _ = try? await HTTPClient.commandLine(.asking, through: service.proxy)
            .execute(request, timeout: .seconds(1))
    }
}
