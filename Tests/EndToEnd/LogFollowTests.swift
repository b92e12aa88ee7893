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
    /// - Returns: the whole log, and what was printed of it.
    private func follow(seed: Int, knowsRanges: Bool, _ options: String = "") async throws -> (log: Data, output: Data)
    {
        let folder = try TemporaryFolder()
        let (log, output) = (folder.path("log"), folder.path("output"))
        let service = try await PrintingServer(
            ["python3", Self.script, "\(seed)", log, knowsRanges ? "yes" : "no"],
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

    @Test(arguments: sweep(3, full: 60), [true, false])
    func `no byte is lost or comes twice, however often the connection breaks`(seed: Int, knowsRanges: Bool)
        async throws
    {
        let (log, output) = try await follow(seed: seed, knowsRanges: knowsRanges)
        #expect(output == log)
    }

    @Test(arguments: [(0, true), (1, true), (7, false), (100_000, true)])
    func `a tail is the end as it was, and all that comes after it`(count: Int, knowsRanges: Bool) async throws {
        let (log, output) = try await follow(seed: count, knowsRanges: knowsRanges, "--tail \(count)")
        #expect(log.suffix(output.count) == output)
        #expect(!output.isEmpty)
        let newLine = UInt8(ascii: "\n")
        #expect(output.count { $0 == newLine } >= min(count, log.count { $0 == newLine }))
        #expect(count < 100_000 || output == log)
    }
}
