# Import blocks must be in a root module. They are without effect after the first apply, and for a stage that adopts nothing.

locals {
  adopted_bucket      = { for name in compact([var.adopt.uploads_bucket]) : "uploads" => name }
  adopted_bucket_with = { for setting in var.adopt.uploads_bucket_has : setting => local.adopted_bucket }
}

# With other keys Terraform would replace the table, and with a bucket of another region no function could read an upload.
data "aws_dynamodb_table" "adopted" {
  for_each = toset(compact([var.adopt.table]))

  name = each.value

  lifecycle {
    postcondition {
      condition     = self.hash_key == "ProjectStep" && self.range_key == "Mail"
      error_message = "The keys of the table ${self.name} are ${join(" and ", compact([self.hash_key, self.range_key]))}, but those of the Chalice project's table are ProjectStep and Mail: correct adopt.table, or copy the items into the stage's own table."
    }
  }
}

# Version 6 of the provider calls the region bucket_region.
data "aws_s3_bucket" "adopted" {
  for_each = local.adopted_bucket

  bucket = each.value

  lifecycle {
    postcondition {
      condition     = self.region == var.region
      error_message = "The bucket ${self.id} is in ${self.region}, but the stage is in ${var.region}: set region to ${self.region}, or leave adopt.uploads_bucket out."
    }
  }
}

import {
  for_each = toset(compact([var.adopt.table]))
  to       = module.service.module.storage.aws_dynamodb_table.responses
  id       = each.value
}

import {
  for_each = local.adopted_bucket
  to       = module.service.module.storage.aws_s3_bucket.this[each.key]
  id       = each.value
}

# Every bucket has these three, if only with their default values. The notification of another party shows in the plan as
# an update, which terraform/guard refuses.
import {
  for_each = local.adopted_bucket
  to       = module.service.module.ingest.aws_s3_bucket_notification.uploads
  id       = each.value
}

import {
  for_each = local.adopted_bucket
  to       = module.service.module.storage.aws_s3_bucket_versioning.this[each.key]
  id       = each.value
}

import {
  for_each = local.adopted_bucket
  to       = module.service.module.storage.aws_s3_bucket_server_side_encryption_configuration.this[each.key]
  id       = each.value
}

# A bucket need not have these, and an import of what does not exist fails.
import {
  for_each = lookup(local.adopted_bucket_with, "public-access-block", {})
  to       = module.service.module.storage.aws_s3_bucket_public_access_block.this[each.key]
  id       = each.value
}

import {
  for_each = lookup(local.adopted_bucket_with, "ownership-controls", {})
  to       = module.service.module.storage.aws_s3_bucket_ownership_controls.this[each.key]
  id       = each.value
}

import {
  for_each = lookup(local.adopted_bucket_with, "policy", {})
  to       = module.service.module.storage.aws_s3_bucket_policy.this[each.key]
  id       = each.value
}

import {
  for_each = lookup(local.adopted_bucket_with, "lifecycle", {})
  to       = module.service.module.storage.aws_s3_bucket_lifecycle_configuration.this[each.key]
  id       = each.value
}

# Without cors_origins, the stage leaves the bucket's CORS rules as they are.
import {
  for_each = length(var.cors_origins) > 0 ? lookup(local.adopted_bucket_with, "cors", {}) : {}
  to       = module.service.module.storage.aws_s3_bucket_cors_configuration.this[each.key]
  id       = each.value
}
