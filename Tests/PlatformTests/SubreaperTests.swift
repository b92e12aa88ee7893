import Foundation
import Glibc
import Platform
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit))) struct SubreaperTests {
    /// In a process of its own: all of a subreaper's orphans come to it, those of other tests too.
    @Test func `an orphan comes back and is reaped`() async throws {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folder = try TemporaryFolder()
        try await run(
            ["env", program, "--testing-library", "swift-testing", "--filter", "what a subreaper does"],
            in: folder.url.path,
            environment: ["TFJOB_ADMIN_TESTS_SUBREAPER": folder.path("done")]
        )
        #expect(FileManager.default.fileExists(atPath: folder.path("done")))
    }

    private static let done = ProcessInfo.processInfo.environment["TFJOB_ADMIN_TESTS_SUBREAPER"]

    @Test(.enabled(if: done != nil))
    func `what a subreaper does`() async throws {
        Subreaper.become()
        let text = try await run(["sh", "-c", "sleep 60 > /dev/null 2>&1 & echo $!"], in: "/")
        let orphan = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        try await eventually("this process is its parent") {
            let status = try String(contentsOfFile: "/proc/\(orphan)/status", encoding: .utf8)
            return status.contains("\nPPid:\t\(getpid())\n")
        }
        #expect(kill(orphan, SIGKILL) == 0)
        Subreaper.reap(orphan)
        try #require(ProcessIdentity.of(orphan) == nil)
        #expect(FileManager.default.createFile(atPath: try #require(Self.done), contents: nil))
    }
}
