import Jobs
import Testing

@Suite
struct ResourceSumTests {
    @Test(arguments: [
        ("900Gi", 1, "900Gi"), ("921600Mi", 1, "900Gi"), ("512Mi", 3, "1536Mi"), ("1.5Gi", 2, "3Gi"), ("64M", 1, "64M"),
        ("1G", 3, "3G"), ("1000Mi", 1, "1000Mi"), ("1000Ki", 1, "1000Ki"), ("2Ti", 512, "1Pi"),
        ("1000001", 1, "1000001"),
        ("1048577", 1, "1048577"),
    ])
    func `memory is written with the unit that people use, and never rounded`(
        text: String,
        count: Int,
        sum: String
    ) throws {
        let memory = try MemoryQuantity(text)
        var resources = ResourceSum()
        resources.add(
            Job(
                runtime: Runtime(python: "3.11"),
                bootfile: "a",
                replicas: [
                    ReplicaGroup(
                        type: .worker,
                        count: count,
                        resource: Resources(cpu: CPUQuantity(millicores: 0), memory: memory)
                    )
                ]
            )
        )
        #expect(resources.memoryText == sum)
        #expect(try MemoryQuantity(resources.memoryText).bytes == memory.bytes * count)
    }
}
