import Foundation
import TestSupport
import Testing

/// `logs --follow` before a service that breaks off in every way.
@Suite(.serialized, .timeLimit(.minutes(hangLimit)))
struct LogFollowTests {
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("flaky_log.py").path

    /// Follows the log of a flaky service to its end.
    ///
    /// - Parameter kind: how the service treats a download from a position; see `flaky_log.py`.
    /// - Returns: the whole log, and what was printed of it.
    private func follow(seed: Int, kind: String, _ options: String = "") async throws -> (log: Data, output: Data) {
        let folder = try TemporaryFolder()
        let (log, output) = (folder.path("log"), folder.path("output"))
        let service = try await PrintingServer(
            ["python3", Self.script, "\(seed)", log, kind],
            in: folder
        )
        let follow = #""\#(BuiltExecutable.path)" logs default/team-a/one --follow \#(options) > "\#(output)""#
        let environment = ["TFJOB_ADMIN_SERVER": "http://127.0.0.1:\(service.port)"]
        try await run(["timeout", "240", "sh", "-c", follow], in: folder.url.path, environment: environment)
        try await service.end()
        return (
            try Data(contentsOf: URL(fileURLWithPath: log)), try Data(contentsOf: URL(fileURLWithPath: output))
        )
    }

    @Test(arguments: sweep(3, full: 60), ["ranges", "whole", "rotated"])
    func `no byte is lost or comes twice, however often the connection breaks`(seed: Int, kind: String)
        async throws
    {
        let (log, output) = try await follow(seed: seed, kind: kind)
        #expect(output == log)
    }

    @Test(arguments: [(0, "ranges"), (1, "ranges"), (7, "whole"), (9, "rotated"), (100_000, "ranges")])
    func `a tail is the end as it was, and all that comes after it`(count: Int, kind: String) async throws {
        let (log, output) = try await follow(seed: count, kind: kind, "--tail \(count)")
        #expect(log.suffix(output.count) == output)
        #expect(!output.isEmpty)
        let newLine = UInt8(ascii: "\n")
        #expect(output.count { $0 == newLine } >= min(count, log.count { $0 == newLine }))
        #expect(count < 100_000 || output == log)
    }
}
