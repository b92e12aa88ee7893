import Jobs
import Testing

@Suite
struct TFConfigTests {
    private static let resources = Resources(
        cpu: CPUQuantity(millicores: 100),
        memory: MemoryQuantity(bytes: 1 << 20, text: "1Mi")
    )

    private static func text(_ groups: [(ReplicaType, Int)], type: ReplicaType, index: Int) throws -> String? {
        let job = Job(
            runtime: Runtime(python: "3.11"),
            bootfile: "train.py",
            replicas: groups.map { ReplicaGroup(type: $0.0, count: $0.1, resource: resources) }
        )
        return try TFConfig(job: job, type: type, index: index) { "\($0.rawValue)-\($1):2222" }?.text()
    }

    @Test
    func `two workers meet each other`() throws {
        #expect(
            try Self.text([(.worker, 2)], type: .worker, index: 1)
                == #"{"cluster":{"worker":["worker-0:2222","worker-1:2222"]},"environment":"cloud","task":{"index":1,"type":"worker"}}"#
        )
    }

    @Test
    func `the evaluator is in the cluster, master stays master, and a type with count 0 has an empty list`() throws {
        let text = try Self.text([(.master, 1), (.ps, 0), (.evaluator, 1)], type: .master, index: 0)
        #expect(
            text
                == #"{"cluster":{"evaluator":["evaluator-0:2222"],"master":["master-0:2222"],"ps":[]},"environment":"cloud","task":{"index":0,"type":"master"}}"#
        )
    }

    @Test
    func `a single replica has none`() throws {
        #expect(try Self.text([(.worker, 1)], type: .worker, index: 0) == nil)
        #expect(try Self.text([(.chief, 1), (.ps, 0)], type: .chief, index: 0) == nil)
    }
}
