import ArgumentParser
import AsyncHTTPClient
import Crypto
import Formats
import Foundation
import Git
import Jobs
import NIOCore
import NIOHTTP1

/// `tfjob-admin hook post-receive`: prints what the service does with a push.
struct PostReceive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "post-receive",
        abstract: "Waits shortly for the service and prints what became of each job.",
        discussion: """
            The service is at $TFJOB_ADMIN_SERVER, else \(ServerAddress.standard). If
            $TFJOB_ADMIN_WEBHOOK_SECRET_FILE names its secret, the hook also sends it a webhook, which a service on another
            machine needs.
            """
    )

    /// How long to wait until the service has planned the push. The rest of the time limit is for its answers.
    private static let patience = Duration.seconds(3)

    func run() async throws {
        guard let update = Hook.readUpdate(), let new = update.new else { return }
        let output = HookOutput()
        output.endProcess(
            after: Hook.time,
            saying: "tfjob-admin: the push has landed; the service takes long to answer",
            code: 0
        )
        do throws(ServerError) {
            let client = try ServerClient()
            if let file = ProcessInfo.processInfo.environment["TFJOB_ADMIN_WEBHOOK_SECRET_FILE"], !file.isEmpty {
                try await WebhookNotice(secretFile: file).sendNotice(to: client, commit: "\(new)")
            }
            async let kept = KeptCodeNotice(old: update.old, new: new, client: client).lines()
            await PushEffect(client, output).printEffect(of: new, after: update.old, within: Self.patience)
            for line in await kept {
                output.writeLines(line)
            }
        } catch {
            output.writeLines("tfjob-admin: the push has landed; \(error)")
        }
    }
}

/// Notifies a service on another machine of a push. A service that reads the repository in place sees the push itself.
struct WebhookNotice {
    private let secret: SymmetricKey

    /// - Parameter file: the path of a file with the same secret as the service's `webhooks.secretFile`.
    init(secretFile file: String) throws(ServerError) {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw ServerError(.usage, "the secret file \(file) can't be read")
        }
        secret = SymmetricKey(data: Data(String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines).utf8))
    }

    /// Sends the notice and ignores errors, because the report on the commit shows whether it arrived.
    func sendNotice(to service: ServerClient, commit: String) async {
        let body = Data(#"{"after":"\#(commit)"}"#.utf8)
        let code = HMAC<SHA256>.authenticationCode(for: body, using: secret)
        var request = HTTPClientRequest(url: service.address.base + APIPath.webhook)
        request.tlsConfiguration = service.trust
        request.method = .POST
        if let host = service.address.socketHost {
            request.headers.add(name: "host", value: host)
        }
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: "x-signature", value: "sha256=\(code.hexadecimal)")
        request.body = .bytes(ByteBuffer(bytes: body))
        _ = try? await HTTPClient.commandLine(.asking, through: service.proxy)
            .execute(request, timeout: .seconds(1))
    }
}
