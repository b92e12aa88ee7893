import Jobs

/// The partition that the file names: it must be its folder.
struct PartitionShape: Shape {
    func read(_ token: Int, _ reader: inout Reader) -> String? {
        guard reader.tape.isString(token) else {
            reader.refuse(token, wanted: "\"\(reader.key.partition)\", or leave the key out")
            return nil
        }
        guard reader.tape.value(token).elementsEqual(reader.key.partition.utf8) else {
            reader.error(
                at: token,
                "the file is in the folder of partition \"\(reader.key.partition)\": write that, or move the file"
            )
            return nil
        }
        return reader.key.partition
    }

    var schema: JSONNode { LabelPattern.schema(longest: JobPath.longestLabel) }
}

/// RFC 1123 labels as a schema says them.
enum LabelPattern {
    static func schema(longest: Int) -> JSONNode {
        ["type": "string", "maxLength": .integer(longest), "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"]
    }
}
