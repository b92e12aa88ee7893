import AsyncHTTPClient
import Crypto
import Foundation
import NIOCore
import NIOHTTP1

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
            value: "sha256=" + code.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        )
        request.body = .bytes(ByteBuffer(bytes: body))
        _ = try? await HTTPClient.commandLine(.asking, through: service.proxy)
            .execute(request, timeout: .seconds(1))
    }
}
