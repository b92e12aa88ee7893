import Foundation
import Glibc
import TestSupport
import Testing

@testable import Platform

@Suite(.timeLimit(.minutes(hangLimit))) struct ProcessIdentityTests {
    /// Starts a shell's script that goes on by itself.
    private func start(_ script: String) async throws -> ProcessIdentity {
        let text = try await run(["sh", "-c", "sh -c \"$0\" > /dev/null 2>&1 & echo $!", script], in: "/")
        let pid = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        return try #require(ProcessIdentity.of(pid))
    }

    @Test func `this process is alive`() throws {
        let own = try #require(ProcessIdentity.of(getpid()))
        #expect(own.isAlive)
        #expect(own.signal(0))
    }

    @Test func `a process that has ended is not`() async throws {
        let process = try await start("exec sleep 60")
        #expect(process.isAlive)
        #expect(process.signal(SIGKILL))
        try await eventually("it has ended") { !process.isAlive }
        #expect(!process.signal(0))
    }

    @Test func `a zombie is not alive but leads its group`() async throws {
        let folder = try TemporaryFolder()
        // The shell becomes a program that never asks for its child's exit code.
        let parent = try await start("setsid sh -c 'sleep 60 & echo $$ > \(folder.path("pid"))' & exec sleep 60")
        defer { parent.signal(SIGKILL) }
        let pid = try await firstValue("the child's number") {
            let text = try? String(contentsOfFile: folder.path("pid"), encoding: .utf8)
            return text.flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }
        try await eventually("it is a zombie") { ProcessStat.of(pid)?.state == "Z" }
        let zombie = try #require(ProcessIdentity.of(pid))
        #expect(!zombie.isAlive)
        #expect(!zombie.signal(0))
        #expect(zombie.signal(SIGKILL, group: true))
    }

    @Test func `another process with the same number is not meant`() throws {
        let own = try #require(ProcessIdentity.of(getpid()))
        let earlier = ProcessIdentity(pid: own.pid, startTime: own.startTime - 1, boot: own.boot)
        let otherBoot = ProcessIdentity(pid: own.pid, startTime: own.startTime, boot: "another")
        for other in [earlier, otherBoot] {
            #expect(!other.isAlive)
            #expect(!other.signal(0))
            #expect(!other.signal(0, group: true))
        }
    }

    @Test(arguments: [0, -1, 1])
    func `no number that kill reads as many is ever signalled`(pid: Int32) throws {
        let own = try #require(ProcessIdentity.of(getpid()))
        let startTime = ProcessIdentity.of(pid)?.startTime ?? 0
        #expect(!ProcessIdentity(pid: pid, startTime: startTime, boot: own.boot).signal(0, group: true))
    }

    @Test func `it outlasts a write and a read`() throws {
        let own = try #require(ProcessIdentity.of(getpid()))
        let read = try JSONDecoder().decode(ProcessIdentity.self, from: JSONEncoder().encode(own))
        #expect(read == own)
    }

    @Test func `a program may be named like the fields after it`() throws {
        let stat = try #require(ProcessStat("7 (a) R 1 (b)) Z 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 4242 21"))
        #expect(stat.state == "Z")
        #expect(stat.startTime == 4242)
    }

    @Test(arguments: ["", "7 (a", "7 (a) S 1 2", "7 (a) S 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 x 21"])
    func aLineThatIsNoneIsRefused(line: String) {
        #expect(ProcessStat(line) == nil)
    }
}
