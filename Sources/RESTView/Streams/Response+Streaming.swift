import Foundation
import Hummingbird

extension Response {
    /// An answer that lasts. It ends with what it tells, with the client, and with the service.
    ///
    /// Its connection is not used again: whether the client is still there is seen by reading from it.
    ///
    /// - Parameters:
    ///   - type: the content type.
    ///   - request: the request, whose connection is watched.
    ///   - place: held until the end.
    ///   - write: writes the body. It is cancelled when the client goes.
    init(
        streaming type: String,
        to request: Request,
        holding place: StreamLimit.Place,
        _ write: @escaping @Sendable (inout any ResponseBodyWriter) async throws -> Void
    ) {
        self.init(document: Data(), type: type)
        headers[.cacheControl] = "no-store"
        headers[.connection] = "close"
        // A proxy that collects what it passes on (nginx) would hold it back.
        headers.set("X-Accel-Buffering", to: "no")
        body = ResponseBody { writer in
            try await request.body.consumeWithCancellationOnInboundClose { _ in
                try await write(&writer)
                try await writer.finish(nil)
            }
            withExtendedLifetime(place) {}
        }
    }
}
