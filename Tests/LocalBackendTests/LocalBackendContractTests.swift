import Jobs
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct LocalBackendContractTests {
    @Test(arguments: BackendContract.rules.map(\.name))
    func `the local backend keeps the contract`(name: String) async throws {
        let scene = try LocalScene()
        let rule = try #require(BackendContract.rules.first { $0.name == name })
        try await withBackend(scene) { backend in
            let contract = BackendContract(
                backend: backend,
                job: { scene.job($0, $1, notes: "notes") },
                starts: { scene.pids("notes", run: $0.number).count }
            )
            try await rule.check(contract)
        }
    }
}
